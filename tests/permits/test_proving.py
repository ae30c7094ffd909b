"""Each message is proven by its permit, also in an export; what was tampered with is found."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlalchemy import text

from app.compose import House
from app.exporting import export
from app.measuring import verify_export, verify_record
from app.proving import proof
from domain.errors import RefusedError, UsageError
from tests.relay.conftest import Post
from tools.permit_keys import Signer

Build = Callable[..., Post]


@pytest.fixture
def sent(house: House, post: Build) -> str:
    """A marketing e-mail that went out."""
    at = post()
    (key,) = at.intend("c01")
    at.deliver()
    assert at.row(key)["state"] == "accepted"
    return key


def checked(house: House) -> dict[str, Any]:
    """What `clearance verify` says of permits."""
    found = [one for one in verify_record(house)["checks"] if "permit" in one["check"]]
    assert len(found) == 1
    return dict(found[0])


def change(house: House, sql: str) -> None:
    """Somebody writes into the ledger by hand."""
    with house.tower.ledger.engine.begin() as connection:
        connection.execute(text(sql))


def test_L30_a_sent_message_has_its_consent_policy_approval_and_content_at_that_instant(
    house: House, sent: str
) -> None:
    found = proof(house, sent)

    assert found["problems"] == []
    assert found["consent"]["state"] == "granted"
    assert found["consent"]["consent_id"] == found["permit"]["consent"]["consent_id"]
    assert found["policy"]["hash"] == house.tower.loaded.hash
    assert found["content"]["payload_hash"] == found["permit"]["payload_hash"]
    judged_at, handed_over_at = found["permit"]["judged_at"], found["handed_over_at"]
    assert datetime.fromisoformat(judged_at) <= datetime.fromisoformat(handed_over_at)
    assert json.loads(json.dumps(found)) == found


def test_verify_proves_each_message_and_says_how_many(house: House, sent: str) -> None:
    found = checked(house)

    assert found["check"].startswith("Each of 1 messages")
    assert found["ok"], sent


TAMPERED = {
    "another person": "UPDATE effect SET contact_id = 'c02'",
    "another treatment": "UPDATE effect SET treatment = 'other'",
    "no permit": "DELETE FROM permit",
    "another permit's words": "UPDATE permit SET body = replace(body, 'email', 'call')",
    "another time": "UPDATE effect SET last_sent_at = '2026-03-02 15:00:00.000000'",
    "another signature": "UPDATE permit_sheet SET signature = replace(signature, '0', '1')",
    "another sheet's leaves": "UPDATE permit_sheet SET leaves = replace(leaves, '0', '1')",
    "another key": "UPDATE permit_sheet SET key = 'f00d'",
}


@pytest.mark.parametrize("sql", TAMPERED.values(), ids=TAMPERED)
def test_what_was_changed_by_hand_is_found(house: House, sent: str, sql: str) -> None:
    change(house, sql)

    assert not checked(house)["ok"]
    assert sent in checked(house)["detail"]
    assert proof(house, sent)["problems"]


def exported(house: House, folder: Path) -> tuple[Path, Path]:
    files = folder / "effects.parquet", folder / "permits.parquet"
    for what, file in zip(("effects", "permits"), files, strict=True):
        export(house, what, file, None)
    return files


def test_anyone_proves_an_export_with_the_public_keys_alone(
    house: House, sent: str, tmp_path: Path
) -> None:
    messages, permits = exported(house, tmp_path)
    keys = tmp_path / "keys"
    keys.write_bytes(house.tower.workspace.permit_keys_file.read_bytes())

    found = verify_export(messages, permits, keys)

    assert found["ok"], (sent, found)
    assert "Each of 1 messages" in found["checks"][0]["check"]


def test_an_export_whose_content_was_changed_proves_nothing(
    house: House, sent: str, tmp_path: Path
) -> None:
    messages, permits = exported(house, tmp_path)
    forged = pl.read_parquet(messages).with_columns(treatment=pl.lit("another"))
    forged.write_parquet(messages)

    found = verify_export(messages, permits, house.tower.workspace.permit_keys_file)

    assert not found["ok"]
    assert sent in found["checks"][0]["detail"]


def test_a_key_that_is_not_ours_proves_nothing(house: House, sent: str, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    other = tmp_path / "other.pub"
    other.write_text(f"{Signer(Ed25519PrivateKey.generate()).public_key.hex()}\n")

    found = verify_export(*exported(house, tmp_path), other)

    assert not found["ok"]
    assert sent in found["checks"][0]["detail"]


def test_a_file_that_is_no_export_is_refused(house: House, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.parquet"
    pl.DataFrame({"a": [1]}).write_parquet(wrong)

    with pytest.raises(UsageError, match="is no export of these columns"):
        verify_export(wrong, wrong, house.tower.workspace.permit_keys_file)


def test_what_was_not_handed_over_has_nothing_to_prove(house: House, post: Build) -> None:
    at = post()
    (key,) = at.intend("c01")

    assert proof(house, key)["problems"] == [f"Effect {key} was not handed over."]
    with pytest.raises(RefusedError):
        proof(house, "none")
