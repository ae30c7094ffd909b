"""What feedback promises of the ledger, on SQLite and on Postgres."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import polars as pl

from policies.reputation_limits import Reputation
from tests.ledger_storage.worlds import NOON, intents
from tools.ledger import audit, consents, controls, effects, feedback, feedback_states, moves
from tools.ledger.database import INSTANT, Ledger
from tools.ledger.feedback import EVENTS, Received, Rules
from tools.ledger.moves import Hand

RULES = Rules(("email", "call"), Reputation(stop_at=0.5, warn_at=0.5, least_complaints=2))
HOUR = timedelta(hours=1)


def lost(ledger: Ledger, *keys: str) -> None:
    """Effects handed to `mailer` whose answers were lost."""
    with ledger.write() as session:
        effects.insert_intents(session, intents(*keys), NOON)
        moves.claim(session, keys, Hand("mailer", 1, NOON))
        moves.orphan(session, keys, True, None, NOON)


def told(kind: str, *keys: str) -> pl.DataFrame:
    rows = [
        {"event_id": f"{key}-{kind}", "kind": kind, "key": key, "at": NOON, "body": key}
        for key in keys
    ]
    return pl.DataFrame(rows, schema={**EVENTS, "at": INSTANT})


def tell(ledger: Ledger, kind: str, *keys: str, at: datetime = NOON) -> Received:
    with ledger.write() as session:
        return feedback.receive(session, "mailer", told(kind, *keys), RULES, at)


def states(ledger: Ledger) -> dict[str, str]:
    rows = effects.in_states(ledger, effects.EVERY)
    return dict(rows.select("effect_id", "state").iter_rows())


def test_F17_of_one_event_told_by_many_at_once_one_changes_the_state(ledger: Ledger) -> None:
    lost(ledger, "e1")

    with ThreadPoolExecutor(5) as callers:
        done = list(callers.map(lambda _: tell(ledger, "delivered", "e1"), range(5)))

    assert sorted(one.new for one in done) == [0, 0, 0, 0, 1]
    assert states(ledger) == {"e1": "accepted"}
    with ledger.read() as session:
        assert feedback_states.audited(session) == {("mailer", "e1-delivered"): "applied"}
        assert audit.verify_chain(session) == []


def test_F19_orphans_are_matched_or_told_of(ledger: Ledger) -> None:
    assert tell(ledger, "delivered", "e1", "e2").orphans == 2

    lost(ledger, "e1")
    assert feedback.match_orphans(ledger, RULES, NOON) == 1
    assert feedback.match_orphans(ledger, RULES, NOON + HOUR) == 1
    assert feedback.match_orphans(ledger, RULES, NOON + HOUR) == 0

    assert states(ledger) == {"e1": "accepted"}
    assert feedback_states.alerts(ledger, NOON + HOUR) == {"alerted": 1}


def test_F23_complaints_withdraw_consent_and_pause_the_channel(ledger: Ledger) -> None:
    lost(ledger, "e1", "e2", "e3")
    tell(ledger, "sent", "e1", "e2", "e3", at=NOON + HOUR)

    tell(ledger, "complained", "e1", "e2", at=NOON + HOUR)

    assert controls.active(ledger).rows() == [("channel", "email")]
    stand = consents.standing(ledger)
    assert set(stand.get_column("contact_id")) == {"of-e1", "of-e2"}
    assert set(stand.get_column("state")) == {"withdrawn"}


def test_a_call_set_aside_is_kept_once(ledger: Ledger) -> None:
    for _ in range(2):
        with ledger.write() as session:
            feedback_states.set_aside(session, "mailer", "unreadable-1", "what?", NOON)

    assert feedback_states.alerts(ledger, NOON) == {"unreadable": 1}
    with ledger.read() as session:
        assert feedback_states.audited(session) == {("mailer", "unreadable-1"): "unreadable"}
