"""Where in a TOML text a key stands, so that an error can name its line."""

import re
import tomllib
from collections.abc import Iterator, Sequence

Key = tuple[str | int, ...]
"""The way to a value: names of tables and keys, and places in arrays from 0."""

_QUOTED = r'"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\''
_TOKEN = re.compile(
    rf'"""(?:\\.|[^\\])*?"{{3,5}}|\'\'\'.*?\'{{3,5}}|{_QUOTED}|#[^\n]*|[\[\]{{}}\n]|[^"\'#\[\]{{}}\n]+',
    re.DOTALL,
)
_PART = rf"(?:{_QUOTED}|[A-Za-z0-9_-]+)"
_DOTTED = re.compile(rf"[ \t]*({_PART}(?:[ \t]*\.[ \t]*{_PART})*)")
_STEP = {"[": 1, "{": 1, "]": -1, "}": -1}


def line_of(text: str, key: Sequence[str | int]) -> int:
    """Line, counted from 1, where the key stands in a valid TOML text; of one that is missing, the
    line of the nearest table around it; 1 where there is none."""
    places = _places(text)
    around = (tuple(key[:length]) for length in range(len(key), 0, -1))
    return next((places[one] for one in around if one in places), 1)


def line_of_stop(text: str, error: tomllib.TOMLDecodeError) -> int:
    """Line where the parser stopped; its message says so, or that it was the end."""
    stopped = re.search(r"\(at line (\d+), column \d+\)", str(error))
    return int(stopped.group(1)) if stopped else text.rstrip("\n").count("\n") + 1


def _places(text: str) -> dict[Key, int]:
    """First line of each key and table that the text says. What stands inside a value in braces
    or brackets has the line of its key."""
    places: dict[Key, int] = {}
    table: Key = ()
    tables: dict[Key, int] = {}
    for line, said in _statements(text):
        if said.startswith("[["):
            name = _within(_parts(said[2:]), tables)
            tables[name] = tables.get(name, -1) + 1
            table = (*name, tables[name])
            places.setdefault(name, line)
        elif said.startswith("["):
            table = _within(_parts(said[1:]), tables)
        else:
            for way in _ways(table, _parts(said)):
                places.setdefault(way, line)
            continue
        places.setdefault(table, line)
    return places


def _ways(table: Key, parts: Key) -> Iterator[Key]:
    """The ways to a dotted key and to the tables it makes; of a very long one, to the first."""
    for length in range(1, min(len(parts), _FAR) + 1):
        yield (*table, *parts[:length])


def _within(parts: Key, tables: dict[Key, int]) -> Key:
    """The way to a header's table: through the newest entry of each array of tables around it."""
    way: Key = ()
    for part in parts[:-1]:
        way = (*way, part)
        way = (*way, tables[way]) if way in tables else way
    return (*way, parts[-1])


def _parts(said: str) -> Key:
    """Names of the dotted key with which a statement begins."""
    found = _DOTTED.match(said)
    if found is None:
        return ("",)
    nested: object = tomllib.loads(f"{found.group(1)} = 0")
    parts: list[str] = []
    while isinstance(nested, dict):
        ((name, nested),) = nested.items()
        parts.append(name)
    return tuple(parts)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """First line and beginning of each header and of each key with its value."""
    line, depth, began, said = 1, 0, 1, ""
    for token in _TOKEN.findall(text):
        depth += _STEP.get(token, 0)
        if token == "\n" and depth == 0:
            if said.strip():
                yield began, said.strip()
            began, said = line + 1, ""
        elif not token.startswith("#"):
            said += token if len(said) < _ENOUGH else ""
        line += token.count("\n")
    if said.strip():
        yield began, said.strip()


_FAR = 30
_ENOUGH = 2000
"""Characters of a statement that are kept: its key stands first."""
