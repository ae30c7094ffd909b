"""The policy desk: comparing a file with what is in force, proposing it, and activating it."""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from app.policy_clashes import clashes
from app.review_desk import roles_of
from domain.errors import RefusedError
from domain.toml_lines import line_of
from policies.lint import remarks
from policies.loading import Loaded, load, read, text_of
from policies.orders import strangers
from policies.problem import Problem
from policies.stricter_limits import Change
from policies.strictness import Comparison, compare
from tools.ledger import policies
from tools.ledger.models import PolicyProposalRow, PolicyRow
from tools.ledger.policies import SENTENCES, Wanted

if TYPE_CHECKING:
    from app.compose import House

CLASH_SECONDS = 60.0
"""For the certificate of a clash."""
BEFORE = "before-version-{number}"
"""Ending of the file that is kept where activating wrote another in its place."""


def checked(
    house: "House", file: Path | None, clash_seconds: float | None = None
) -> dict[str, Any]:
    """That a policy is whole, with remarks on what says less, or other, than it seems to. Raises
    ConfigurationError with file, line and one sentence.

    clash_seconds: look so long for limits that can't hold together in the newest run, too.
    """
    path = _file(house, file)
    loaded, text = load(path), text_of(path)
    found = {
        "name": loaded.policy.name,
        "version": loaded.policy.version,
        "hash": loaded.hash,
        "remarks": [
            {"line": line_of(text, one.key), "says": one.said}
            for one in (*remarks(loaded.policy), *_strangers(house, loaded))
        ],
    }
    if clash_seconds is not None:
        found["certificate"] = clashes(house, loaded, clash_seconds)
    return found


def _strangers(house: "House", loaded: Loaded) -> Iterator[Problem]:
    return strangers(loaded.policy, house.tower.warehouse.table("treatments"))


def compared(house: "House", file: Path | None) -> dict[str, Any]:
    """What a file would change of the policy in force."""
    found = compare(house.tower.loaded.policy, load(_file(house, file)).policy)
    with house.tower.ledger.read() as session:
        against = policies.number_in_force(session)
    return _compared(found, against)


def compared_files(old: Path, new: Path) -> dict[str, Any]:
    """What one file changes of another; `against` names the other."""
    return _compared(compare(load(old).policy, load(new).policy), str(old))


def propose(house: "House", file: Path | None, person: str) -> dict[str, Any]:
    """Ask for a file to be put in force."""
    path = _file(house, file)
    return _propose(house, load(path), text_of(path), person)


def rollback(house: "House", number: int, person: str) -> dict[str, Any]:
    """Ask for an earlier version again. Raises RefusedError where there is no such version."""
    with house.tower.ledger.read() as session:
        row = policies.version(session, number)
        text = None if row is None else row.text
    if text is None:
        raise RefusedError(f"There is no version {number}.", "See `clearance policy history`.")
    return _propose(house, read(text, f"policy version {number}"), text, person)


def activate(house: "House", proposal_id: str, person: str) -> dict[str, Any]:
    """Put a proposal in force. `accepted` is false where it is not, with the reason. A policy.toml
    that says something else is kept beside the new one."""
    _expect_reviewer(house, person)
    with house.tower.ledger.write() as session:
        became = policies.activate(session, proposal_id, person, house.tower.clock.now())
        if not isinstance(became, PolicyRow):
            return {"accepted": False, "reason": became, "sentence": SENTENCES[became]}
        row = became.model_copy()
    kept = _write_down(house, row)
    said = f"Version {row.version} is in force: every decision from now on, and all that waits."
    if kept is not None:
        said += f" What policy.toml said before is in {kept.name}."
    return {"accepted": True, "version": row.version, "hash": row.hash, "sentence": said}


def history(house: "House") -> dict[str, Any]:
    """Versions, newest first, and proposals that may still come into force."""
    with house.tower.ledger.read() as session:
        return {
            "versions": [_version(row) for row in policies.history(session)],
            "waiting": [_proposal(row) for row in policies.waiting(session)],
        }


def _propose(house: "House", loaded: Loaded, text: str, person: str) -> dict[str, Any]:
    _expect_reviewer(house, person)
    now: datetime = house.tower.clock.now()
    with house.tower.ledger.write() as session:
        first = house.tower.policies.first(session)
        before = read(first.text, f"policy version {first.version}")
        found = compare(before.policy, loaded.policy)
        wanted = Wanted(text, loaded.hash, found.direction, person)
        row = policies.propose(session, wanted, now)
        said = _proposal(row)
    who = "somebody else" if said["direction"] == "looser" else "any reviewer"
    sentence = f"{said['proposal_id']} waits: {who} may `clearance policy activate` it."
    return {**_compared(found, said["against"]), **said, "sentence": sentence}


def _expect_reviewer(house: "House", person: str) -> None:
    if "reviewer" not in roles_of(house, person):
        raise RefusedError(f"{person} is no reviewer of this workspace.", "Use --as REVIEWER.")


def _file(house: "House", file: Path | None) -> Path:
    return file or house.tower.workspace.policy_file


def _write_down(house: "House", row: PolicyRow) -> Path | None:
    """policy.toml says what is in force; the copy of what it said, where that was another."""
    file, kept = house.tower.workspace.policy_file, None
    if file.exists() and file.read_bytes() == row.text.encode():
        return None
    if file.exists():
        kept = file.with_suffix(f".{BEFORE.format(number=row.version)}.toml")
        kept.write_bytes(file.read_bytes())
    part = file.with_suffix(f".{os.getpid()}.part")
    part.write_text(row.text, encoding="utf-8")
    part.replace(file)
    return kept


def _compared(found: Comparison, against: int | str) -> dict[str, Any]:
    return {
        "against": against,
        "direction": found.direction,
        "changes": [_change(one) for one in found.changes],
    }


def _change(one: Change) -> dict[str, Any]:
    return {
        "key": one.key,
        "was": _plain(one.was),
        "now": _plain(one.now),
        "direction": one.direction,
    }


def _plain(said: Any) -> Any:
    if isinstance(said, BaseModel):
        return said.model_dump(mode="json")
    if isinstance(said, tuple | list):
        return [_plain(one) for one in said]
    return said if isinstance(said, int | float | str | bool | None | dict) else str(said)


def _version(row: PolicyRow) -> dict[str, Any]:
    return row.model_dump(exclude={"text"})


def _proposal(row: PolicyProposalRow) -> dict[str, Any]:
    return row.model_dump(exclude={"text", "became"})
