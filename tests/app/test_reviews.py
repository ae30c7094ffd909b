"""Approve, edit, reject, let expire: each does what it says, and nothing else."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from app.compose import open_house
from app.review_desk import edit_packet
from domain.errors import RefusedError
from tests.app.commands import Answer, clearance
from tests.app.worlds import copy_of, ran
from tools import faultpoints

COUNTS = ("proposed", "executed", "scheduled", "waiting", "withheld", "refused", "lost")


@pytest.fixture
def folder() -> Path:
    return copy_of(ran("company"))


def waiting(folder: Path) -> list[dict[str, Any]]:
    answer = clearance("review", "list", "--json", workspace=folder)
    rows: list[dict[str, Any]] = answer.json["waiting"]
    return rows


def packet_with(folder: Path, approvals: int, agent: str = "email") -> dict[str, Any]:
    rows = [
        row
        for row in waiting(folder)
        if row["approvals_needed"] == approvals and row["agent"] == agent and row["contacts"] > 2
    ]
    assert rows
    return rows[0]


def say(folder: Path, verdict: str, packet_id: str, person: str, *more: str) -> Answer:
    words = ("review", verdict, packet_id, "--as", person, "--json", *more)
    return clearance(*words, workspace=folder)


def effects(folder: Path, packet_id: str) -> pl.DataFrame:
    file = folder / "effects.parquet"
    assert clearance("export", "effects", "--out", str(file), workspace=folder).code == 0
    return pl.read_parquet(file).filter(pl.col("packet_id") == packet_id)


def counts(folder: Path) -> dict[str, int]:
    said = clearance("status", "--json", workspace=folder).json
    return {name: said[name] for name in COUNTS}


def test_an_approved_packet_becomes_effects_once_however_often_it_is_clicked(folder: Path) -> None:
    packet = packet_with(folder, approvals=1)

    first = say(folder, "approve", packet["packet_id"], "rita")
    made = effects(folder, packet["packet_id"])
    again = say(folder, "approve", packet["packet_id"], "rita")

    assert first.code == again.code == 0
    assert first.json["accepted"]
    assert made.height >= packet["contacts"]
    assert effects(folder, packet["packet_id"]).equals(made)
    late = say(folder, "reject", packet["packet_id"], "ravi")
    assert late.code == 1
    assert "already approved by rita" in late.json["sentence"]


def test_a_rejected_packet_never_happens_and_what_it_held_is_free(folder: Path) -> None:
    packet = packet_with(folder, approvals=1)
    before = counts(folder)

    assert say(folder, "reject", packet["packet_id"], "rita").code == 0
    assert clearance("advance", "2d", workspace=folder).code == 0

    assert effects(folder, packet["packet_id"]).is_empty()
    after = counts(folder)
    assert after["refused"] >= before["refused"] + packet["contacts"]
    assert after["proposed"] == before["proposed"]


def test_above_the_second_threshold_it_takes_two_people(folder: Path) -> None:
    packet = packet_with(folder, approvals=2)

    first = say(folder, "approve", packet["packet_id"], "rita")
    same = say(folder, "approve", packet["packet_id"], "rita")
    assert "one more approval" in first.json["sentence"]
    assert same.code == 0
    assert effects(folder, packet["packet_id"]).is_empty()

    assert say(folder, "approve", packet["packet_id"], "ravi").code == 0
    assert not effects(folder, packet["packet_id"]).is_empty()


def test_an_edited_packet_is_judged_again_and_its_editor_cannot_approve_it(folder: Path) -> None:
    packet = packet_with(folder, approvals=1)
    shown = clearance("review", "show", packet["packet_id"], "--json", workspace=folder).json
    gone = shown["items"][0]["contact_id"]

    edited = say(folder, "edit", packet["packet_id"], "rita", "--drop-contact", gone)
    assert edited.code == 0, edited.error
    assert edited.json["version"] == 2
    assert edited.json["contacts"] <= packet["contacts"] - 1

    mine = say(folder, "approve", packet["packet_id"], "rita")
    assert mine.code == 1
    assert "edited" in mine.json["sentence"]
    old = say(folder, "approve", packet["packet_id"], "ravi", "--version", "1")
    assert old.code == 1
    assert "now version 2" in old.json["sentence"]

    assert say(folder, "approve", packet["packet_id"], "ravi").code == 0
    made = effects(folder, packet["packet_id"])
    assert not made.is_empty()
    assert gone not in made["contact_id"].to_list()


def test_F28_an_edit_that_comes_too_late_changes_nothing_of_the_one_before_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process stopped after it had worked out what to keep, and woke when another had won."""
    packet = packet_with(folder, approvals=1)["packet_id"]
    shown = clearance("review", "show", packet, "--json", workspace=folder).json
    mine, theirs = shown["items"][0]["contact_id"], shown["items"][1]["contact_id"]
    rivals = iter([("edit", packet, "ravi", "--drop-contact", theirs)])

    def strike(point: str, detail: str) -> None:
        if point == "run.writing" and detail.startswith("kept_"):
            for words in rivals:
                assert say(folder, *words).code == 0

    monkeypatch.setattr(faultpoints, "strike", strike)

    with pytest.raises(RefusedError, match="no longer waits in version 1"):
        edit_packet(open_house(folder), packet, "rita", [mine], None, None, None)

    after = clearance("review", "show", packet, "--json", workspace=folder).json
    kept = [item["contact_id"] for item in after["items"]]
    assert mine in kept
    assert theirs not in kept
    assert after["packet"]["edited_by"] == ["ravi"]


def test_judging_an_edit_again_takes_out_who_withdrew_since(folder: Path) -> None:
    packet = packet_with(folder, approvals=1)
    shown = clearance("review", "show", packet["packet_id"], "--json", workspace=folder).json
    left, kept = shown["items"][0]["contact_id"], shown["items"][1]["contact_id"]
    withdraw(folder, kept)

    edited = say(folder, "edit", packet["packet_id"], "rita", "--drop-contact", left).json

    assert edited["dropped_by_the_judge"]["consent_withdrawn"] >= 1


def test_only_a_reviewer_of_the_workspace_decides(folder: Path) -> None:
    packet = packet_with(folder, approvals=1)

    for stranger in ("olivia", "mallory", "agent:email"):
        refused = say(folder, "approve", packet["packet_id"], stranger)
        assert refused.code == 1
        assert "no reviewer" in refused.json["sentence"]
    assert say(folder, "approve", packet["packet_id"], "rita").code == 0


def test_what_nobody_answers_expires_and_is_never_consent(folder: Path) -> None:
    packet = packet_with(folder, approvals=1)

    moved = clearance("advance", "2d", "--json", workspace=folder).json

    assert moved["reviews_expired"] > 0
    assert effects(folder, packet["packet_id"]).is_empty()
    late = say(folder, "approve", packet["packet_id"], "rita")
    assert late.code == 1
    assert "expired" in late.json["sentence"]
    assert counts(folder)["waiting"] == 0


def withdraw(folder: Path, contact_id: str) -> None:
    """The contact takes consent back, an instant after the sample's now."""
    now = clearance("status", "--json", workspace=folder).json["now"]
    row = {
        "contact_id": contact_id,
        "channel": "email",
        "purpose": "marketing",
        "state": "withdrawn",
        "basis": "preference centre",
        "source": "preference centre",
        "at": now,
    }
    file = folder / "withdrawal.jsonl"
    file.write_text(json.dumps(row) + "\n")
    answer = clearance("import", "consents", str(file), "--json", workspace=folder)
    assert answer.json["loaded"] == 1, answer.error


def test_a_consent_withdrawn_after_approval_stops_that_one_message(folder: Path) -> None:
    packet = packet_with(folder, approvals=1)
    assert say(folder, "approve", packet["packet_id"], "rita").code == 0
    approved = effects(folder, packet["packet_id"]).filter(pl.col("state") == "intent")
    who = approved["contact_id"][0]
    withdraw(folder, who)

    assert clearance("advance", "1d", workspace=folder).code == 0

    after = effects(folder, packet["packet_id"])
    mine = after.filter(pl.col("contact_id") == who)
    assert set(mine["state"]) == {"skipped"}
    assert set(mine["reason"]) == {"consent_withdrawn"}
    assert after.filter(pl.col("state") == "accepted").height > 0
    assert clearance("verify", workspace=folder).code == 0


def test_a_paused_agent_sends_nothing_until_it_is_resumed(folder: Path) -> None:
    words = ("pause", "agent", "email", "--as", "olivia", "--reason", "budget review")
    assert clearance(*words, workspace=folder).code == 0
    before = accepted(folder)

    clearance("advance", "6h", workspace=folder)
    assert accepted(folder) == before

    assert clearance("resume", "agent", "email", "--as", "olivia", workspace=folder).code == 0
    clearance("advance", "6h", workspace=folder)
    assert accepted(folder) > before


def accepted(folder: Path) -> int:
    file = folder / "effects.parquet"
    clearance("export", "effects", "--out", str(file), workspace=folder)
    mail = (pl.col("state") == "accepted") & (pl.col("channel") == "email")
    return pl.read_parquet(file).filter(mail).height
