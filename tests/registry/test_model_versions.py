"""The ledger's versions: of each name one decides, whatever is done."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError as Twice

from tests.registry.fits import NOON
from tools.ledger import model_versions
from tools.ledger.database import Ledger
from tools.ledger.model_rows import ModelVersionRow


def row(version_id: str, **change: object) -> ModelVersionRow:
    plain: dict[str, object] = {
        "version_id": version_id,
        "name": "visit/email/offer",
        "family": "stack",
        "state": "challenger",
        "run_id": "run-1",
        "at": NOON,
        "rows": 10,
        "features_hash": "f",
        "said": "{}",
        "said_hash": "s",
        "artefact_hash": "a",
        "changed_by": "run-1",
        "changed_at": NOON,
    }
    return ModelVersionRow(**{**plain, **change})


def test_a_name_never_has_two_champions(ledger: Ledger) -> None:
    with ledger.write() as session:
        session.add(row("a", state="champion"))
    with ledger.write() as session, pytest.raises(Twice), session.begin_nested():
        session.add(row("b", state="champion"))


Step = tuple[str, str]
STEPS = st.lists(
    st.tuples(st.sampled_from(["file", "challenge", "promote", "back"]), st.sampled_from("abcd")),
    max_size=12,
)


@settings(max_examples=25)
@given(STEPS)
def test_whatever_is_done_one_version_decides_once_one_did(steps: list[Step]) -> None:
    ledger = Ledger("sqlite://")
    ledger.create()
    began = False
    for what, version_id in steps:
        with ledger.write() as session:
            now = model_versions.champion(session, "visit/email/offer")
            against = now.version_id if now else ""
            one = row(version_id, family="line" if version_id in "cd" else "stack")
            match what:
                case "file":
                    model_versions.file_champion(session, one, against or None)
                    began = True
                case "challenge":
                    model_versions.file_challenger(session, one)
                case "promote":
                    for person in ("rita", "ravi"):
                        model_versions.promote(session, version_id, person, NOON, against)
                case "back":
                    model_versions.roll_back(session, "visit/email/offer", None, "rita", NOON)
        with ledger.read() as session:
            rows = model_versions.listed(session)
            assert sum(one.state == "champion" for one in rows) == int(began)
            reigns = [one.reigned for one in rows if one.reigned]
            assert len(set(reigns)) == len(reigns)
    ledger.engine.dispose()


def test_a_version_of_another_run_keeps_its_place_among_the_champions(ledger: Ledger) -> None:
    with ledger.write() as session:
        model_versions.file_champion(session, row("a"), None)
        assert model_versions.file_champion(session, row("b"), "elsewhere") == "retired"
        now = model_versions.champion(session, "visit/email/offer")
        assert now is not None
        assert now.version_id == "a"
