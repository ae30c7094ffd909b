"""What the ledger promises, on SQLite and on Postgres."""

import threading
from collections.abc import Sequence
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlmodel import select

from domain.errors import ConfigurationError, IntegrityError
from tests.ledger_storage.worlds import LATER, NOON, holds, intents, packet, statements
from tools.ledger import (
    audit,
    bulk,
    consents,
    controls,
    effects,
    leases,
    meta,
    moves,
    packets,
    reservations,
    reviews,
    verify,
    voting,
)
from tools.ledger.database import Ledger
from tools.ledger.models import AuditRow, ConsentRow, EffectRow, MetaRow, SuppressionRow
from tools.ledger.moves import Hand

HAND = Hand(provider="sandbox", fence=1, at=NOON)


def test_what_one_writes_another_reads(ledger: Ledger) -> None:
    with ledger.write() as session:
        meta.put(session, "said", "hello")
    with ledger.read() as session:
        assert meta.get(session, "said") == "hello"


def test_a_write_that_fails_leaves_no_trace(ledger: Ledger) -> None:
    def fail() -> None:
        with ledger.write() as session:
            meta.put(session, "said", "hello")
            session.flush()
            raise ValueError

    with pytest.raises(ValueError):
        fail()
    with ledger.read() as session:
        assert meta.get(session, "said") is None


def test_a_reader_sees_one_moment(ledger: Ledger) -> None:
    with ledger.read() as session:
        assert meta.get(session, "said") is None
        with ledger.write() as other:
            meta.put(other, "said", "hello")
        assert session.exec(select(MetaRow).where(MetaRow.key == "said")).first() is None


def test_writers_come_one_after_the_other(ledger: Ledger) -> None:
    """Each reads what the one before wrote: nothing is added twice, nothing is lost."""

    def add() -> None:
        for _ in range(10):
            with ledger.write() as session:
                meta.put(session, "count", str(int(meta.get(session, "count") or 0) + 1))
                audit.append(session, NOON, "test", "counted", "count", {})

    with ledger.write() as session:
        meta.put(session, "count", "0")
    together([add] * 4)
    with ledger.read() as session:
        assert meta.get(session, "count") == "40"
        assert audit.verify_chain(session) == []


def test_a_write_inside_a_write_is_refused_at_once(ledger: Ledger) -> None:
    with ledger.write(), pytest.raises(IntegrityError), ledger.write():
        pass
    with ledger.write():
        assert ledger.writing
    assert not ledger.writing


def test_the_chain_has_no_gap_where_a_transaction_came_to_nothing(ledger: Ledger) -> None:
    for fails in (False, True, False):
        try:
            with ledger.write() as session:
                audit.append(session, NOON, "test", "said", "x", {})
                if fails:
                    raise ValueError
        except ValueError:
            continue
    with ledger.read() as session:
        assert audit.verify_chain(session) == []
        assert session.exec(select(AuditRow.seq)).all() == [1, 2]


def test_rows_that_are_new_are_counted_by_the_engine(ledger: Ledger) -> None:
    with ledger.write() as session:
        assert consents.record(session, statements("ada", "bob")).added == 2
    with ledger.write() as session:
        said = consents.record(session, statements("ada", "eve"))
    assert (said.added, said.unchanged) == (1, 1)
    with ledger.write() as session:
        row = MetaRow(key="once", value="1")
        assert [bulk.insert_new_row(session, row) for _ in range(2)] == [True, False]


def test_the_newest_statement_stands_and_instants_come_back_in_utc(ledger: Ledger) -> None:
    east = LATER.astimezone(timezone(timedelta(hours=9)))
    with ledger.write() as session:
        consents.record(session, statements("ada", "bob"))
        consents.withdraw(session, "ada", "email", "marketing", east, "link")
        consents.suppress(session, "bob", LATER, "complaint", "provider")
    found = consents.standing(ledger, contact_ids=["ada", "bob", "nobody's"])
    assert found.get_column("state").to_list() == ["withdrawn", "granted"]
    assert found.get_column("at").to_list() == [LATER, NOON]
    assert consents.suppressed(ledger).rows() == [("bob", LATER)]
    with ledger.read() as session:
        assert {row.at for row in session.exec(select(ConsentRow))} == {NOON, LATER}


def test_among_takes_more_values_than_an_engine_takes_parameters(ledger: Ledger) -> None:
    with ledger.write() as session:
        effects.insert_intents(session, intents("e1", "e2"), NOON)
    wanted = ledger.among("effect_id", [f"e{n}" for n in range(70_000)] + ['"', "'"])
    found = ledger.frame(
        f"SELECT effect_id FROM effect WHERE {wanted.clause}",
        {"effect_id": effects.ROW["effect_id"]},
        wanted.parameters,
    )
    assert sorted(found.get_column("effect_id")) == ["e1", "e2"]


def test_an_effect_goes_its_way_and_the_record_agrees(ledger: Ledger, tmp_path: Path) -> None:
    with ledger.write() as session:
        reservations.hold(session, holds("e1", "e2"), "r1")
        effects.insert_intents(session, intents("e1", "e2"), NOON)
        twice = intents("e3", contact_id="of-e1")
        effects.insert_intents(session, twice, NOON)
        consents.record(session, statements("of-e1", "of-e2"))
    with ledger.write() as session:
        assert sorted(moves.claim(session, ["e1", "e2", "e3"], HAND)) == ["e1", "e2"]
    with ledger.write() as session:
        assert moves.claim(session, ["e1"], HAND) == []
    assert effects.in_states(ledger, ("skipped",)).get_column("reason").to_list() == ["repeated"]
    assert reservations.touch_log(ledger).height == 2
    assert all(one.ok for one in verify.verify(ledger, tmp_path))


def test_touches_are_found_by_person_and_by_account_and_by_nothing_else(ledger: Ledger) -> None:
    rows = holds("e1", "e2", "e3").with_columns(account_id=pl.Series(["acme", "acme", None]))
    with ledger.write() as session:
        reservations.hold(session, rows, "r1")

    def found(people: list[str], accounts: list[str]) -> list[str]:
        log = reservations.touch_log(ledger, people, accounts)
        return sorted(log.get_column("decision_id"))

    assert found(["of-e3"], []) == ["e3"]
    assert found(["of-e1"], ["acme"]) == ["e1", "e2"]
    assert found(["of-e3"], ["acme"]) == ["e1", "e2", "e3"]
    assert found([], ["blue"]) == []


def test_of_two_who_claim_one_effect_one_wins(ledger: Ledger) -> None:
    with ledger.write() as session:
        effects.insert_intents(session, intents("e1"), NOON)
    won: list[str] = []

    def claim() -> None:
        with ledger.write() as session:
            won.extend(moves.claim(session, ["e1"], HAND))

    together([claim] * 4)
    assert won == ["e1"]


def test_of_two_approvals_at_once_one_decides(ledger: Ledger) -> None:
    one = packet()
    with ledger.write() as session:
        packets.save(session, one, NOON)
        reviews.open_review(session, one, NOON, LATER)
    said: list[str] = []

    def approve(person: str) -> Any:
        with ledger.write() as session:
            answer = voting.decide(
                session,
                packet_id="p1",
                version=1,
                payload_hash=one.payload_hash,
                person_id=person,
                roles=["reviewer"],
                verdict="approve",
                at=NOON,
            )
        said.append(answer.kind)

    together([lambda name=name: approve(name) for name in ("ada", "bob", "eve")])
    assert sorted(said) == ["already_decided", "already_decided", "decided"]
    assert reviews.of_run(ledger, "r1").rows() == [("p1", "approved", False)]


def test_one_process_holds_a_lease(ledger: Ledger) -> None:
    first, second = (leases.Keeper(ledger, "relay", holder=name) for name in ("a/b/1/2", "c/d/3/4"))
    lease = first.take()
    assert lease is not None
    assert second.take() is None
    first.release()
    assert second.take() is not None


def test_a_pause_holds_until_it_is_lifted(ledger: Ledger) -> None:
    with ledger.write() as session:
        controls.pause(session, "channel", "email", "ada", "a complaint", NOON)
    assert controls.active(ledger).rows() == [("channel", "email")]
    with ledger.write() as session:
        assert controls.resume(session, "channel", "email", "ada", LATER)
    assert controls.active(ledger).is_empty()


def test_money_beyond_two_thousand_million_minor_units_is_kept(ledger: Ledger) -> None:
    with ledger.write() as session:
        effects.insert_intents(session, intents("b1", amount=5_000_000_000), NOON)
    with ledger.read() as session:
        assert session.exec(select(EffectRow.amount)).one() == 5_000_000_000


def test_an_engine_that_is_neither_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="sqlite or postgresql"):
        Ledger("mssql://server/base")


def test_plain_postgres_addresses_get_our_driver() -> None:
    for scheme in ("postgresql", "postgresql+psycopg"):
        assert Ledger(f"{scheme}://somewhere/base").engine.driver == "psycopg"


def together(works: Sequence[Any]) -> None:
    """Run the works at the same time; an error of any is the test's."""
    failed: list[BaseException] = []

    def run(work: Any) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  raised again below
            failed.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_a_suppression_counts_from_the_first_word_of_it(ledger: Ledger) -> None:
    with ledger.write() as session:
        consents.suppress(session, "ada", NOON, "asked", "service")
        consents.suppress(session, "ada", NOON + timedelta(days=1), "complaint", "import")

    with ledger.read() as session:
        row = session.exec(select(SuppressionRow)).one()
        said = (row.at, row.reason)

    assert said == (NOON, "complaint")
