"""The record, exported and judged by code of its own: consents, holdouts, caps."""

import csv
import tomllib
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.app.commands import clearance
from tests.app.worlds import copy_of, ran

OUT = ("sending", "accepted", "unknown")
SAMPLES = ["company", "store"]


def exported(folder: Path, what: str) -> list[dict[str, str]]:
    file = folder / f"{what}.csv"
    answer = clearance("export", what, "--out", str(file), workspace=folder)
    assert answer.code == 0, answer.error
    with file.open(newline="") as rows:
        return list(csv.DictReader(rows))


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("+0000", "+00:00"))


@pytest.fixture(scope="module", params=SAMPLES)
def world(request: pytest.FixtureRequest) -> dict[str, Any]:
    """A workspace whose first run went out in full, and its exports."""
    folder = copy_of(ran(request.param))
    assert clearance("advance", "1d", workspace=folder).code == 0
    return {
        "effects": exported(folder, "effects"),
        "consents": exported(folder, "consents"),
        "holdouts": exported(folder, "holdouts"),
        "touches": exported(folder, "touches"),
        "policy": tomllib.loads((folder / "policy.toml").read_text()),
    }


def sent(world: dict[str, Any]) -> list[dict[str, str]]:
    return [row for row in world["effects"] if row["state"] in OUT and row["contact_id"]]


def test_messages_do_go_out_in_this_world(world: dict[str, Any]) -> None:
    assert len(sent(world)) > 100


def test_no_effect_reaches_a_contact_without_a_consent_for_its_channel_and_purpose(
    world: dict[str, Any],
) -> None:
    said: dict[tuple[str, str, str], list[dict[str, str]]] = defaultdict(list)
    for row in world["consents"]:
        said[row["contact_id"], row["channel"], row["purpose"]].append(row)
    asked = world["policy"]["consent"]["channels"]

    for effect in sent(world):
        if effect["channel"] not in asked or effect["class"] != "marketing":
            continue
        key = (effect["contact_id"], effect["channel"], effect["purpose"])
        before = [row for row in said[key] if instant(row["at"]) <= instant(effect["at"])]
        newest = max(before, key=lambda row: instant(row["at"]), default=None)
        assert newest is not None, effect
        assert newest["state"] == "granted", (effect, newest)
        if newest["expires_at"]:
            assert instant(newest["expires_at"]) > instant(effect["at"])


def test_no_effect_reaches_a_holdout_and_each_withheld_one_says_so(world: dict[str, Any]) -> None:
    held = {row["contact_id"] for row in world["holdouts"]}

    reached = [row for row in sent(world) if row["class"] == "marketing"]
    assert not [row for row in reached if row["contact_id"] in held]
    withheld = [row for row in world["effects"] if row["reason"] == "holdout"]
    assert withheld
    assert {row["contact_id"] for row in withheld} <= held
    assert {row["state"] for row in withheld} == {"skipped"}


def test_no_contact_is_touched_beyond_a_cap_in_any_rolling_window(world: dict[str, Any]) -> None:
    ours = [row for row in sent(world) if row["class"] == "marketing"]
    others = [
        row
        for row in world["touches"]
        if row["source"] != "clearance" and row["treatment_id"] != "nothing"
    ]
    for cap in world["policy"]["caps"]:
        if cap["per"] != "contact":
            continue
        window = timedelta(hours=cap["window_hours"])
        times: dict[str, list[tuple[datetime, bool]]] = defaultdict(list)
        for row in ours:
            if row["channel"] in cap["channels"]:
                times[row["contact_id"]].append((instant(row["slot"]), True))
        for row in others:
            if row["channel"] in cap["channels"] and row["contact_id"] in times:
                times[row["contact_id"]].append((instant(row["at"]), False))
        for contact, touched in times.items():
            for at, is_ours in touched:
                inside = [one for one, _ in touched if at - window < one <= at]
                assert not is_ours or len(inside) <= cap["at_most"], (cap["name"], contact, inside)
