"""The feedback desk: what providers tell of deliveries, and what of it a person must know."""

import hashlib
from dataclasses import dataclass
from datetime import UTC
from typing import Final

import polars as pl

from graph import spam_rates
from graph.tower import Tower
from policies.judging import sells_without_consent
from tools.ledger import feedback, feedback_states, reputation
from tools.ledger.feedback import Received, Rules

WRITE_SECONDS: Final = 5.0
"""How long a call waits for its turn to write; then its provider tells it again."""
ALERTS: Final = {
    "alerted": "{n:,} events of providers match no effect for more than an hour; an unsubscribe or "
    "complaint among them was honoured where it named a contact.",
    "contradiction": "{n:,} events of providers contradict what they answered; "
    "`clearance effects show ID` lists what was told.",
    "unreadable": "{n:,} signed calls of providers hold what can't be read; they are kept in the "
    "ledger's table feedback.",
}


@dataclass(frozen=True)
class Call:
    """A provider's call: its events (feedback.EVENTS' columns), its bytes, and whether those say
    no more than the events."""

    provider: str
    events: pl.DataFrame
    body: bytes
    whole: bool

    @property
    def name(self) -> str:
        return f"unreadable-{hashlib.sha256(self.body).hexdigest()[:32]}"

    @property
    def text(self) -> str:
        """The bytes as text that every engine keeps."""
        return self.body.decode("utf-8", "replace").replace("\x00", "\ufffd")


def receive(tower: Tower, call: Call) -> Received:
    """Keep and do what a call says, in one transaction; set the call aside where some of it can't
    be taken. Raises StorageError where nothing was kept."""
    now = tower.clock.now()
    with tower.ledger.write(WRITE_SECONDS) as session:
        done = feedback.receive(session, call.provider, call.events, _rules(tower), now)
        if done.taken or not call.whole:
            feedback_states.set_aside(session, call.provider, call.name, call.text, now)
    return done


def match(tower: Tower) -> int:
    """Try orphans again; how many events changed their state."""
    return feedback.match_orphans(tower.ledger, _rules(tower), tower.clock.now())


def _rules(tower: Tower) -> Rules:
    policy, today = tower.loaded.policy, tower.clock.now().astimezone(UTC).date()
    return Rules(
        channels=policy.consent.channels,
        bounds=policy.reputation,
        revoke_all=policy.revocation.all_calls_and_texts_from <= today,
        sells_without_consent=sells_without_consent(policy.consent),
    )


def troubles(tower: Tower) -> list[str]:
    """What an operator must know of feedback, one sentence each."""
    now = tower.clock.now()
    found = feedback_states.alerts(tower.ledger, now)
    with tower.ledger.read() as session:
        near = list(reputation.warnings(session, tower.loaded.policy.reputation, now))
    said = [sentence.format(n=found[state]) for state, sentence in ALERTS.items() if state in found]
    return said + near + _of_commercial_email(tower)


def _of_commercial_email(tower: Tower) -> list[str]:
    """Only where a real provider delivers email: the sandbox has no postmaster."""
    if not any("email" in one.channels for one in tower.config.providers):
        return []
    if tower.config.sender is None:
        return ["No commercial email goes out: clearance.toml has no [sender]."]
    return spam_rates.sentences(tower, tower.clock.now())
