"""The feedback desk: what providers tell of deliveries, and what of it a person must know."""

import polars as pl

from graph.tower import Tower
from tools.ledger import feedback, reputation
from tools.ledger.feedback import Received, Rules

ALERTS = {
    "alerted": "{n:,} events of providers match no effect for more than an hour; an unsubscribe or "
    "complaint among them was honoured where it named a contact.",
    "contradiction": "{n:,} events of providers contradict what they answered; "
    "`clearance effects show ID` lists what was told.",
}


def receive(tower: Tower, provider: str, events: pl.DataFrame) -> Received:
    """Keep and apply events (feedback.EVENTS' columns) in one transaction."""
    now = tower.clock.now()
    with tower.ledger.write() as session:
        return feedback.receive(session, provider, events, _rules(tower), now)


def match(tower: Tower) -> int:
    """Try orphans again; how many events changed their state."""
    return feedback.match_orphans(tower.ledger, _rules(tower), tower.clock.now())


def _rules(tower: Tower) -> Rules:
    policy = tower.loaded.policy
    return Rules(policy.consent.channels, policy.reputation)


def troubles(tower: Tower) -> list[str]:
    """What an operator must know of feedback, one sentence each."""
    now = tower.clock.now()
    found = feedback.alerts(tower.ledger, now)
    with tower.ledger.read() as session:
        near = list(reputation.warnings(session, tower.loaded.policy.reputation, now))
    return [
        sentence.format(n=found[state]) for state, sentence in ALERTS.items() if state in found
    ] + near
