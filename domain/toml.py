"""A record read from TOML text: closed schema, and one clear sentence where it is off."""

import tomllib
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from domain.errors import ConfigurationError
from domain.record import Record
from domain.toml_lines import Key, line_of, line_of_stop

R = TypeVar("R", bound=Record)
LONGEST = 200_000
"""Characters of a file. A hundred times what a long one of ours has; more is meant to hurt."""
DEEPEST = 20
"""Tables and arrays inside one another."""
SHOWN = 60
"""Characters of a value that a message repeats."""


def read_record(kind: type[R], text: str, place: str) -> R:
    """The record that the TOML text says. Raises ConfigurationError naming place, line and key.

    TOML arrays become tuples; numbers, dates and times keep their TOML types, so that "3" is no
    number and 3 is no text.
    """
    try:
        return kind.model_validate(_tuples(_parsed(text, place)))
    except ValidationError as error:
        raise refused(text, place, _first(error)["loc"], first_problem(error)) from None


def refused(text: str, place: str, key: Sequence[str | int], problem: str) -> ConfigurationError:
    """What is wrong with a value that stands in the text at the key."""
    return ConfigurationError(f"{place}, line {line_of(text, key)}: {problem}")


def first_problem(error: ValidationError) -> str:
    """The first thing wrong, in one sentence with its place."""
    first = _first(error)
    key = _short(".".join(str(part) for part in first["loc"])) or "the file"
    match first["type"]:
        case "missing":
            said = f"`{key}` is missing"
        case "extra_forbidden":
            said = f"`{key}` is not a known key"
        case _:
            said = f"`{key}`: {first['msg']}, found {_short(repr(first['input']))}"
    more = error.error_count() - 1
    return said + (f" (and {more} more)." if more else ".")


def _first(error: ValidationError) -> ErrorDetails:
    """A key that is not known comes first: misspelt, it is also why another one is missing."""
    return min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")


def _parsed(text: str, place: str) -> dict[str, Any]:
    if len(text) > LONGEST:
        raise ConfigurationError(
            f"{place}, line 1: it has {len(text):,} characters, and {LONGEST:,} are allowed."
        )
    try:
        said = tomllib.loads(text)
        _expect_flat(said, place, text)
    except tomllib.TOMLDecodeError as error:
        line = line_of_stop(text, error)
        raise ConfigurationError(
            f"{place}, line {line}: not valid TOML: {_plain(error)}."
        ) from None
    except RecursionError:
        raise _too_deep(place, _deepest_line(text)) from None
    except ValueError:  # Python reads no whole number of more than 4,300 digits
        raise ConfigurationError(
            f"{place}, line {_longest_line(text)}: a number has more digits than can be read."
        ) from None
    return said


def _plain(error: tomllib.TOMLDecodeError) -> str:
    """The parser's sentence without the place, which stands in front already."""
    return str(error).partition(" (at ")[0].strip().rstrip(".")


def _expect_flat(said: dict[str, Any], place: str, text: str) -> None:
    """Level by level and not by calling itself: what is too deep for that is what it looks for."""
    level = list(_inside((), said))
    for _ in range(DEEPEST):
        level = [part for key, value in level for part in _inside(key, value)]
    if level:
        raise _too_deep(place, line_of(text, level[0][0]))


def _inside(key: Key, value: object) -> Iterator[tuple[Key, object]]:
    """What stands in a table or an array, each with the way to it."""
    match value:
        case dict():
            yield from (((*key, name), part) for name, part in value.items())
        case list():
            yield from (((*key, place), part) for place, part in enumerate(value))


def _too_deep(place: str, line: int) -> ConfigurationError:
    return ConfigurationError(
        f"{place}, line {line}: tables or arrays stand more than {DEEPEST} deep inside one another."
    )


def _deepest_line(text: str) -> int:
    lines = text.split("\n")
    return max(range(len(lines)), key=lambda i: lines[i].count("[") + lines[i].count("{")) + 1


def _longest_line(text: str) -> int:
    lines = text.split("\n")
    return max(range(len(lines)), key=lambda i: sum(c.isdigit() for c in lines[i])) + 1


def _short(said: str) -> str:
    return said if len(said) <= SHOWN else f"{said[:SHOWN]}..."


def _tuples(value: object) -> object:
    match value:
        case dict():
            return {key: _tuples(item) for key, item in value.items()}
        case list():
            return tuple(_tuples(item) for item in value)
        case _:
            return value
