"""What is wrong with a policy that can be read: where it stands, and one sentence."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """`key`: the way to it from the top of the policy; `said`: one sentence that names it."""

    key: tuple[str | int, ...]
    said: str


def twice(table: str, names: Sequence[str], key: str | None = None) -> Iterator[Problem]:
    """Names that were given before. key: what holds the name, where each is a table of its own."""
    for place, name in enumerate(names):
        if names.index(name) == place and (count := names.count(name)) > 1:
            again = names.index(name, place + 1)
            way = (table, again) if key is None else (table, again, key)
            yield Problem(way, f"`{table}` names {name} {count} times; say it once.")
