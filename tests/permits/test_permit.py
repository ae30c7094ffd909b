"""A permit proves what it says to anybody who has the public key, and nothing else."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.errors import ConfigurationError
from domain.payload import payload_hash, payload_hashes
from domain.permit import against, fingerprint, is_signed, permit_in
from tests.permits.world import NOW, delivery, permit
from tools.permit_keys import Signer, keys_in, signer_in


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return signer_in(tmp_path / "permits.key", tmp_path / "permits.pub")


def test_anyone_with_the_public_key_can_check_a_permit(signer: Signer, tmp_path: Path) -> None:
    bodies = [permit(effect_id=f"e{number}").body for number in range(3)]

    seal = signer.sign(bodies)

    assert is_signed(seal, keys_in(tmp_path / "permits.pub"))
    assert permit_in(bodies[1], 1, seal) == permit(effect_id="e1")


def test_a_changed_word_a_wrong_place_or_a_strange_key_prove_nothing(
    signer: Signer, tmp_path: Path
) -> None:
    bodies = [permit(effect_id=f"e{number}").body for number in range(2)]
    seal, keys = signer.sign(bodies), keys_in(tmp_path / "permits.pub")
    stranger = signer_in(tmp_path / "other.key", tmp_path / "other.pub")
    theirs = stranger.sign(bodies)
    named_as_ours = theirs.model_copy(update={"key": seal.key})
    grown = seal.model_copy(update={"leaves": (*seal.leaves, "00" * 32)})
    broken = seal.model_copy(update={"signature": "no hex"})

    assert permit_in(bodies[0].replace("email", "sms"), 0, seal) is None
    assert [permit_in(bodies[0], place, seal) for place in (1, 2, -2)] == [None] * 3
    assert not any(is_signed(one, keys) for one in (theirs, named_as_ours, grown, broken))
    assert is_signed(seal, keys)


def test_a_text_that_is_signed_but_no_permit_is_none(signer: Signer) -> None:
    body = permit().body.replace('"no_consent":null', '"no_consent":"because"')

    assert permit_in(body, 0, signer.sign([body])) is None


@pytest.mark.parametrize(
    "change",
    [
        {"key": "e2"},
        {"channel": "sms"},
        {"contact_id": "C2"},
        {"contact_id": None},
        {"campaign_id": "summer"},
        {"treatment": "summer_mail"},
        {"amount": 1},
    ],
)
def test_a_permit_holds_for_the_very_payload_it_was_minted_for(change: dict[str, object]) -> None:
    assert against(permit(), delivery(), NOW) is None
    assert against(permit(), delivery(**change), NOW) == "permit_of_another"


def test_a_permit_holds_from_the_judging_until_it_ends() -> None:
    ends = permit().expires_at
    moments = [NOW - timedelta(seconds=1), NOW, ends - timedelta(microseconds=1), ends]

    found = [against(permit(), delivery(), at) for at in moments]

    assert found == ["permit_expired", None, None, "permit_expired"]


def test_nothing_goes_without_a_permit() -> None:
    assert against(None, delivery(), NOW) == "permit_missing"


@pytest.mark.parametrize(
    "change",
    [
        {"consent": None},
        {"no_consent": "class_exempt"},
        {"expires_at": NOW},
    ],
)
def test_a_permit_names_a_consent_or_why_none_is_needed_and_has_a_span(
    change: dict[str, object],
) -> None:
    with pytest.raises(ValidationError):
        permit(**change)


def test_a_new_secret_key_leaves_the_older_public_one_known(tmp_path: Path) -> None:
    secret, public = tmp_path / "permits.key", tmp_path / "permits.pub"
    old = signer_in(secret, public)
    again = signer_in(secret, public)
    secret.unlink()
    new = signer_in(secret, public)

    assert again.public_key == old.public_key
    assert list(keys_in(public)) == [fingerprint(one.public_key) for one in (old, new)]
    assert secret.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["no hex", "abcd"])
def test_a_file_that_holds_no_keys_is_named(text: str, tmp_path: Path) -> None:
    file = tmp_path / "permits.pub"
    file.write_text(text)

    with pytest.raises(ConfigurationError, match=r"permits\.pub"):
        keys_in(file)


FIELD = st.one_of(st.none(), st.text(max_size=8))
ROW = st.tuples(FIELD, FIELD, FIELD, FIELD, st.one_of(st.none(), st.integers(-5, 2**40)))


@given(st.lists(ROW, min_size=1, max_size=6))
def test_a_column_of_payloads_hashes_as_each_of_them_does_and_no_two_alike(
    rows: list[tuple[str, str | None, str, str, int | None]],
) -> None:
    schema = dict.fromkeys(("channel", "contact_id", "campaign_id", "treatment"), pl.String)
    frame = pl.DataFrame(rows, schema={**schema, "amount": pl.Int64}, orient="row")

    hashes = payload_hashes(frame).to_list()

    assert hashes == [payload_hash(*row) for row in rows]
    assert len(set(hashes)) == len(set(rows))
