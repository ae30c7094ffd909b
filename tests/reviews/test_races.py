"""Two people at once, one click twice, too late, on an old version: one answer each, on either
engine."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import Session, select

from domain.packet import Packet
from tests.ledger_storage.test_both_engines import together
from tests.reviews.worlds import EXPIRE, HOUR, LATER, NOON, ask, edited, say, standing, word
from tools.ledger import audit, doormark, timeouts, voting
from tools.ledger.database import Ledger
from tools.ledger.models import AuditRow, VoteRow
from tools.ledger.words import AlreadyDecided, Decided, Expired, NotAllowed, Recorded, Said, Stale


def at_once(ledger: Ledger, packet: Packet, words: dict[str, str]) -> dict[str, Said]:
    """What each person (person -> verdict) is told where all speak at the same time."""
    told: dict[str, Said] = {}

    def speak(person: str) -> Callable[[], None]:
        def work() -> None:
            told[person] = say(ledger, packet, person, words[person])

        return work

    together([speak(person) for person in words])
    return told


def lines(ledger: Ledger, kind: str) -> list[tuple[str, str]]:
    """(actor, subject) of the audit's lines of that kind."""
    with ledger.read() as session:
        wanted = select(AuditRow.actor, AuditRow.subject).where(AuditRow.kind == kind)
        return list(session.exec(wanted))


def mark(ledger: Ledger) -> int:
    with ledger.read() as session:
        return doormark.mark(session)


def test_F24_of_three_approvals_at_once_one_decides_and_the_others_are_told_who(
    ledger: Ledger,
) -> None:
    told = at_once(ledger, ask(ledger), dict.fromkeys(("ada", "bob", "eve"), "approve"))

    (winner,) = [person for person, said in told.items() if said == Decided(state="approved")]
    lost = AlreadyDecided(state="approved", by=(winner,), same=False)
    assert [said for person, said in told.items() if person != winner] == [lost, lost]
    assert standing(ledger).votes == ((winner, "approve"),)
    assert lines(ledger, "review_decided") == [(winner, "p1")]


def test_F24_where_two_must_approve_the_third_is_told_both(ledger: Ledger) -> None:
    packet = ask(ledger, needed=2)

    told = [say(ledger, packet, person) for person in ("ada", "bob", "eve")]

    both = AlreadyDecided(state="approved", by=("ada", "bob"), same=False)
    assert told == [Recorded(), Decided(state="approved"), both]


def test_F25_of_approve_and_reject_at_once_the_first_commit_wins(ledger: Ledger) -> None:
    packets = [ask(ledger, f"p{n}") for n in range(4)]
    for packet in packets:
        told = at_once(ledger, packet, {"ada": "approve", "bob": "reject"})

        first, second = ("ada", "bob") if isinstance(told["ada"], Decided) else ("bob", "ada")
        state = standing(ledger, packet.packet_id).state
        assert told[first] == Decided(state=state)
        assert told[second] == AlreadyDecided(state=state, by=(first,), same=False)
    assert len(lines(ledger, "review_decided")) == len(packets)


def test_F25_the_row_is_locked_by_itself_where_writers_do_not_come_one_by_one(
    postgres: str,
) -> None:
    """Postgres without our one write lock: the review's row alone keeps the second one waiting."""
    ledger = Ledger(postgres)
    ledger.create()
    packet = ask(ledger)
    decided = threading.Event()

    def slow() -> Said:
        with Session(ledger.engine) as session:
            said = voting.decide(session, **word(packet, "ada"))
            decided.set()
            audit.verify_chain(session)  # something else to do while the other one waits
            session.commit()
            return said

    def fast() -> Said:
        decided.wait()
        with Session(ledger.engine) as session:
            said = voting.decide(session, **word(packet, "bob", "reject"))
            session.commit()
            return said

    with ThreadPoolExecutor(2) as pool:
        told = [one.result() for one in [pool.submit(slow), pool.submit(fast)]]
    ledger.engine.dispose()
    won = AlreadyDecided(state="approved", by=("ada",), same=False)
    assert told == [Decided(state="approved"), won]


def test_F26_the_same_click_twice_is_one_click_with_one_answer(ledger: Ledger) -> None:
    packet = ask(ledger, needed=2)

    ada = [say(ledger, packet, "ada", nonce="click-1") for _ in range(2)]
    bob = [say(ledger, packet, "bob", nonce="click-2") for _ in range(2)]
    ada.append(say(ledger, packet, "ada", nonce="click-1"))

    assert ada == [Recorded()] * 3
    assert bob == [Decided(state="approved")] * 2
    assert lines(ledger, "review_vote") == [("ada", "p1"), ("bob", "p1")]


def test_F26_a_click_can_not_touch_the_next_version_or_packet(ledger: Ledger) -> None:
    packet, other = ask(ledger, needed=2), ask(ledger, "p2")
    assert say(ledger, packet, "ada", nonce="click-1") == Recorded()
    after = edited(ledger, packet, "bob")

    again = say(ledger, packet, "ada", nonce="click-1")
    moved = [say(ledger, one, "ada", nonce="click-1") for one in (after, other)]

    assert again == Recorded()
    assert [one.kind for one in moved] == ["not_allowed"] * 2
    assert standing(ledger).votes == standing(ledger, "p2").votes == ()


def test_F26_a_click_without_a_name_counts_once_too(ledger: Ledger) -> None:
    packet = ask(ledger)

    told = [say(ledger, packet, "ada") for _ in range(2)]

    same = AlreadyDecided(state="approved", by=("ada",), same=True)
    assert told == [Decided(state="approved"), same]


@pytest.mark.parametrize("closed", [True, False])
def test_F27_a_word_after_expiry_is_refused(ledger: Ledger, closed: bool) -> None:
    packet = ask(ledger)
    if closed:
        with ledger.write() as session:
            assert timeouts.close_due(session, LATER, EXPIRE).expired == ("p1",)

    told = [say(ledger, packet, "ada", verdict, at=LATER) for verdict in ("approve", "reject")]

    assert told == [Expired(), Expired()]
    assert standing(ledger).votes == ()


def test_F27_of_an_approval_and_expiry_at_once_one_holds(ledger: Ledger) -> None:
    packet = ask(ledger)
    told: list[Said] = []

    def expire() -> None:
        with ledger.write() as session:
            timeouts.close_due(session, LATER, EXPIRE)

    together([expire, lambda: told.append(say(ledger, packet, "ada", at=LATER - HOUR))])

    outcome = {"approved": Decided(state="approved"), "expired": Expired()}
    assert told == [outcome[standing(ledger).state]]


def test_F28_an_approval_of_what_was_edited_since_is_void(ledger: Ledger) -> None:
    packet = ask(ledger, needed=2)
    assert say(ledger, packet, "ada") == Recorded()
    after = edited(ledger, packet, "bob")

    assert say(ledger, packet, "eve") == Stale(shown=1, current=2)
    assert say(ledger, after, "eve", payload_hash=packet.payload_hash) == Stale(shown=2, current=2)
    assert standing(ledger).votes == ()
    assert isinstance(say(ledger, after, "bob"), NotAllowed)
    assert [say(ledger, after, one) for one in ("ada", "eve")] == [
        Recorded(),
        Decided(state="approved"),
    ]


def test_a_word_an_edit_and_an_expiry_each_raise_the_doors_mark(ledger: Ledger) -> None:
    packet, marks = ask(ledger, needed=2), [mark(ledger)]
    ask(ledger, "p2")
    say(ledger, packet, "ada")
    marks.append(mark(ledger))
    after = edited(ledger, packet, "bob")
    marks.append(mark(ledger))
    say(ledger, after, "eve", "reject")
    marks.append(mark(ledger))
    with ledger.write() as session:
        timeouts.close_due(session, LATER, EXPIRE)
    marks.append(mark(ledger))

    assert marks == sorted(set(marks))
    assert len(marks) == 5


def test_a_refused_word_leaves_no_trace(ledger: Ledger) -> None:
    packet = ask(ledger)
    say(ledger, packet, "ada", "reject")
    before = mark(ledger)

    say(ledger, packet, "bob", at=NOON, nonce="late")

    assert mark(ledger) == before
    assert lines(ledger, "review_vote") == [("ada", "p1")]
    with ledger.read() as session:
        assert session.exec(select(VoteRow.nonce)).all() == [None]
