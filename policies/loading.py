"""Reading a policy: whole and sensible, or one clear sentence about what is not."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.canonical import digest
from domain.errors import ConfigurationError
from domain.toml import read_record, refused
from policies.schema import Policy
from policies.sense import problems


@dataclass(frozen=True)
class Loaded:
    """A policy with the hash that decisions are bound to."""

    policy: Policy
    hash: str


def load(path: Path) -> Loaded:
    """The policy of the file. Raises ConfigurationError naming file, line and key."""
    return read(text_of(path), str(path))


def read(text: str, place: str) -> Loaded:
    """The policy that the text says. place: where it stands, for the message. Raises as `load`."""
    policy = read_record(Policy, text, place)
    for problem in problems(policy):
        raise refused(text, place, problem.key, problem.said)
    return Loaded(policy, hash_of(policy))


def text_of(path: Path) -> str:
    """What the file says. Raises as `load`."""
    try:
        said = path.read_bytes()
        return said.decode("utf-8")
    except FileNotFoundError:
        raise ConfigurationError(
            f"There is no policy at {path}.", "Nothing runs without one: see docs/policy.md."
        ) from None
    except UnicodeDecodeError as error:
        line = said.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(
            f"{path}, line {line}: not text in UTF-8: {error.reason} at byte {error.start}."
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"{path}, line 1: the policy can't be read: {error.strerror}."
        ) from None


def hash_of(policy: Policy) -> str:
    """Hash of what the policy says, whatever the file's layout and whenever it was reviewed."""
    return digest(_without_reviews(policy.model_dump(mode="json")))


def _without_reviews(said: Any) -> Any:
    match said:
        case dict():
            return {key: _without_reviews(one) for key, one in said.items() if key != "reviewed"}
        case list():
            return [_without_reviews(one) for one in said]
    return said
