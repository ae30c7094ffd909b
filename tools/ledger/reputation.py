"""A channel's reputation: the share of what was delivered that people complained of, and its stop.

Mailbox providers judge a sender by this share: Google asks bulk senders to keep it below 0.10% and
never to reach 0.30% (Email sender guidelines, support.google.com/mail/answer/81126); Yahoo refuses
from 0.3% on (Sender Best Practices, senders.yahooinc.com/best-practices).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from sqlmodel import Session, col, func, select

from tools.ledger import controls
from tools.ledger.models import EffectRow, FeedbackRow, PauseRow

SYSTEM: Final = "meta-agent"
"""Who pauses; a person resumes."""


class Bounds(Protocol):
    """When a channel stops. Shares are of deliveries."""

    @property
    def stop_at(self) -> float: ...
    @property
    def warn_at(self) -> float: ...
    @property
    def window_days(self) -> int: ...
    @property
    def least_complaints(self) -> int: ...


@dataclass(frozen=True)
class Share:
    """Complaints and accepted deliveries of a channel since an instant."""

    channel: str
    complaints: int
    deliveries: int
    since: datetime

    @property
    def share(self) -> float:
        return self.complaints / max(self.deliveries, 1)

    @property
    def sentence(self) -> str:
        return (
            f"{self.complaints:,} complaints in {self.deliveries:,} deliveries since "
            f"{self.since:%Y-%m-%d %H:%M} UTC ({self.share:.2%})"
        )


def shares(session: Session, bounds: Bounds, at: datetime) -> list[Share]:
    """Channels with more complaints than chance would bring, each counted from the start of the
    window, or from the last time a person resumed it after we had stopped it."""
    window = at - timedelta(days=bounds.window_days)
    found = select(FeedbackRow.channel).where(*_complained(window)).distinct()
    names = sorted(name for name in session.exec(found) if name is not None)
    since = {name: max(window, _resumed(session, name) or window) for name in names}
    counts = {name: _complaints(session, name, since[name]) for name in names}
    return [
        Share(name, count, _deliveries(session, name, since[name]), since[name])
        for name, count in counts.items()
        if count >= bounds.least_complaints
    ]


def stop(session: Session, bounds: Bounds, at: datetime) -> None:
    """Pause the channels that are over, in the transaction of what made them so."""
    for one in shares(session, bounds, at):
        if one.share >= bounds.stop_at:
            reason = f"{one.sentence}; the policy stops at {bounds.stop_at:.2%}"
            controls.pause(session, "channel", one.channel, SYSTEM, reason, at)


def warnings(session: Session, bounds: Bounds, at: datetime) -> Iterator[str]:
    """Channels near their stop or over it, one sentence each."""
    for one in shares(session, bounds, at):
        if one.share >= bounds.warn_at:
            yield (
                f"{one.channel}: {one.sentence}; at {bounds.stop_at:.2%} it is paused until a "
                f"person resumes it."
            )


def _complaints(session: Session, channel: str, since: datetime) -> int:
    """One for each message, however often its complaint is told."""
    about = func.coalesce(col(FeedbackRow.key), col(FeedbackRow.event_id))
    wanted = select(func.count(about.distinct())).where(
        *_complained(since), FeedbackRow.channel == channel
    )
    return session.exec(wanted).one()


def _deliveries(session: Session, channel: str, since: datetime) -> int:
    wanted = select(func.count()).where(
        EffectRow.channel == channel, EffectRow.state == "accepted", EffectRow.at > since
    )
    return session.exec(wanted).one()


def _complained(since: datetime) -> tuple[bool, bool]:
    """By our clock: what is heard after a resume counts, what was heard before it does not."""
    return FeedbackRow.kind == "complained", FeedbackRow.received_at > since


def _resumed(session: Session, channel: str) -> datetime | None:
    wanted = select(func.max(PauseRow.lifted_at)).where(
        PauseRow.scope == "channel", PauseRow.name == channel, PauseRow.by == SYSTEM
    )
    return session.exec(wanted).one()
