"""A record read from TOML text: closed schema, and one clear sentence where it is off."""

import tomllib
from typing import TypeVar

from pydantic import ValidationError

from domain.errors import ConfigurationError
from domain.record import Record

R = TypeVar("R", bound=Record)


def read_record(kind: type[R], text: str, place: str) -> R:
    """The record that the TOML text says. Raises ConfigurationError naming place and key.

    TOML arrays become tuples; numbers, dates and times keep their TOML types, so that "3" is no
    number and 3 is no text.
    """
    try:
        return kind.model_validate(_tuples(tomllib.loads(text)))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{place} is not valid TOML: {error}.") from None
    except ValidationError as error:
        raise ConfigurationError(f"{place}: {first_problem(error)}") from None


def first_problem(error: ValidationError) -> str:
    """The first thing wrong, in one sentence with its place."""
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"]) or "the file"
    match first["type"]:
        case "missing":
            said = f"`{key}` is missing"
        case "extra_forbidden":
            said = f"`{key}` is not a known key"
        case _:
            said = f"`{key}`: {first['msg']}, found {first['input']!r}"
    more = error.error_count() - 1
    return said + (f" (and {more} more)." if more else ".")


def _tuples(value: object) -> object:
    match value:
        case dict():
            return {key: _tuples(item) for key, item in value.items()}
        case list():
            return tuple(_tuples(item) for item in value)
        case _:
            return value
