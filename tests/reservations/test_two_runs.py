"""Two runs that planned at the same time: what both chose fits the limits once, and is told so."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from agents import ads, email, sales
from app.compose import House
from app.running import report
from domain.names import FATES
from domain.tables import INSTANT
from evals.faults.world import START, open_at, plant
from graph import asking, choosing, seeing, sorting
from graph.committing import commit
from graph.limits_at_commit import in_turn
from graph.opening import open_run, pins_of
from graph.settling import items_of, settle
from graph.standing import standing
from tests.policies.test_orders import separation
from tests.reservations.worlds import ask, asks
from tests.reviews.worlds import with_policy
from tools.clock import FrozenClock
from tools.ledger import packets, reviews, voting
from tools.ledger.exporting import effects
from tools.ledger.reservations import hold
from tools.ledger.verify import verify

SCHEDULE, SLOTS = "both", ("one", "two")


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with two runs that are decided and not committed."""
    folder = tmp_path_factory.mktemp("planned") / "workspace"
    plant(folder)
    house = open_at(folder, FrozenClock(START))
    for slot in SLOTS:
        plan(house, slot)
    house.tower.ledger.engine.dispose()
    return folder


def plan(house: House, slot: str) -> None:
    tower = house.tower
    run_id = open_run(tower, SCHEDULE, slot)
    pins = pins_of(tower, run_id)
    for step in (seeing.see_contacts, seeing.foresee, seeing.judge_grid):
        step(tower, pins)
    asking.ask(tower, run_id, "email", email.build())
    asking.ask(tower, run_id, "sales", sales.build())
    asking.ask(tower, run_id, "ads", ads.build())
    for step in (choosing.judge_candidates, choosing.arbitrate, sorting.sort_out):
        step(tower, pins)


@pytest.fixture
def house(planned: Path, tmp_path: Path) -> Iterator[House]:
    shutil.copytree(planned, tmp_path / "workspace")
    opened = open_at(tmp_path / "workspace", FrozenClock(START))
    yield opened
    opened.tower.ledger.engine.dispose()


def write(house: House, slot: str) -> str:
    """Commit the run of the slot; its id."""
    run_id = open_run(house.tower, SCHEDULE, slot)
    commit(house.tower, pins_of(house.tower, run_id))
    return run_id


def decisions(house: House, slot: str) -> pl.DataFrame:
    run_id = open_run(house.tower, SCHEDULE, slot)
    return house.tower.folder(run_id).read("decisions")


def test_a_run_alone_is_refused_nothing_at_commit(house: House) -> None:
    run_id = write(house, "one")

    assert standing(house.tower, run_id).filter(pl.col("reason") == "taken_meanwhile").is_empty()


def test_what_the_other_run_took_is_refused_and_every_proposal_still_has_one_fate(
    house: House,
) -> None:
    first = report(house, write(house, "one"))
    second = report(house, write(house, "two"))

    assert first["scheduled"] + first["waiting"] > 0
    assert second["reasons"]["refused"]["taken_meanwhile"] > 0
    for said in (first, second):
        assert said["proposed"] == sum(said[fate] for fate in FATES)
    assert all(one.ok for one in verify(house.tower.ledger, house.tower.workspace.runs_folder))


def test_no_cap_of_the_policy_is_exceeded_by_the_two_together(house: House) -> None:
    for slot in SLOTS:
        write(house, slot)

    touches = house.tower.ledger.frame(
        "SELECT holder, resource FROM reservation WHERE resource LIKE 'touch:%' "
        "AND state IN ('held', 'spent')",
        {"holder": pl.String, "resource": pl.String},
    )
    assert not touches.is_empty()
    assert not touches.is_duplicated().any()


def test_the_second_run_sets_no_budget_that_its_pool_has_no_room_for(house: House) -> None:
    for slot in SLOTS:
        write(house, slot)

    policy = house.tower.loaded.policy
    allowed = {one.pool: one.at_most for one in policy.budgets}["paid_media"]
    rows = house.tower.ledger.frame(
        "SELECT holder, max(amount) FROM reservation WHERE resource = 'budget:paid_media' "
        "AND state IN ('held', 'spent') GROUP BY holder",
        {"campaign_id": pl.String, "amount": pl.Float64},
    )
    assert not rows.is_empty()
    assert rows["amount"].sum() <= allowed


def test_a_packet_that_lost_a_contact_is_judged_shown_and_sent_without_it(house: House) -> None:
    waiting = decisions(house, "one").filter(
        (pl.col("fate") == "waiting") & (pl.col("channel") == "email")
    )
    packet_id = waiting["packet_id"].value_counts().sort("count", "packet_id")["packet_id"][-1]
    whole = waiting.filter(pl.col("packet_id") == packet_id)
    assert whole.height > 1
    gone = whole.row(0, named=True)
    take(house, gone["contact_id"])

    run_id = write(house, "one")

    packet = packets.newest(house.tower.ledger, packet_id)
    left = items_of(house.tower, packet)
    assert left["decision_id"].to_list() == whole["decision_id"].to_list()[1:]
    assert packet.contacts == left["contact_id"].n_unique()
    with house.tower.ledger.read() as session:
        assert reviews.get(session, packet_id).payload_hash == packet.payload_hash
    rows = standing(house.tower, run_id).filter(pl.col("decision_id") == gone["decision_id"])
    assert rows.select("fate", "reason").row(0) == ("refused", "taken_meanwhile")


def test_an_approved_packet_sends_only_what_it_still_holds(house: House) -> None:
    packet_id, whole = biggest(house)
    gone = whole.row(0, named=True)
    take(house, gone["contact_id"])
    write(house, "one")

    approve(house, packet_id)
    settle(house.tower, packet_id)

    made = effects(house.tower.ledger).filter(pl.col("packet_id") == packet_id)
    by_state = dict(made.group_by("state").agg(pl.col("effect_id").sort()).iter_rows())
    assert by_state["skipped"] == [gone["decision_id"]]
    assert by_state["intent"] == sorted(whole["decision_id"].to_list()[1:])


def test_a_packet_that_lost_everything_asks_nobody(house: House) -> None:
    packet_id, whole = biggest(house)
    for contact in whole["contact_id"].unique():
        take(house, contact)
    write(house, "one")

    assert packet_id not in [packet.packet_id for packet, _ in packets.waiting(house.tower.ledger)]


def biggest(house: House) -> tuple[str, pl.DataFrame]:
    """The waiting e-mail packet with the most touches, and its decisions."""
    waiting = decisions(house, "one").filter(
        (pl.col("fate") == "waiting") & (pl.col("channel") == "email")
    )
    sizes = waiting.group_by("packet_id").len().sort("len", "packet_id")
    packet_id = str(sizes["packet_id"][-1])
    return packet_id, waiting.filter(pl.col("packet_id") == packet_id)


def test_what_is_kept_apart_from_what_another_run_holds_is_refused(house: House) -> None:
    """The other run plans to send the launch mail to one of them, who would get the spring mail."""
    rule = separation(
        first_themes=(), first_treatments=("launch_mail",), other_treatments=("spring_mail",)
    )
    ruled = replace(house, tower=with_policy(house.tower, separations=(rule,)))
    mine = decisions(house, "one").filter(
        (pl.col("treatment_id") == "spring_mail") & pl.col("fate").is_in(["scheduled", "waiting"])
    )
    gone, left = mine.row(0, named=True), mine.row(1, named=True)
    give(house, gone["contact_id"], "launch_mail")

    run_id = write(ruled, "one")

    rows = standing(house.tower, run_id)
    reasons = dict(rows.select("decision_id", "reason").iter_rows())
    assert reasons[gone["decision_id"]] == "taken_meanwhile"
    assert reasons[left["decision_id"]] != "taken_meanwhile"
    held = house.tower.ledger.frame(
        "SELECT decision_id FROM reservation WHERE resource = 'treatment:spring_mail'",
        {"decision_id": pl.String},
    )
    assert sorted(held["decision_id"]) == sorted(mine["decision_id"].to_list()[1:])


def give(house: House, contact_id: str, treatment: str) -> None:
    """Another run is to give the contact this."""
    row = ask(f"other-{contact_id}", 0, f"treatment:{treatment}", holder=contact_id)
    rows = asks(row).drop("unit").with_columns(at=pl.lit(START, dtype=INSTANT))
    with house.tower.ledger.write() as session:
        hold(session, rows, "other")


def take(house: House, contact_id: str) -> None:
    """Somebody else holds the contact's one e-mail of the week."""
    rows = asks(ask(f"other-{contact_id}", 0, holder=contact_id)).drop("unit")
    with house.tower.ledger.write() as session:
        hold(session, rows.with_columns(at=pl.lit(START, dtype=rows.schema["at"])), "other")


def approve(house: House, packet_id: str) -> None:
    packet = packets.newest(house.tower.ledger, packet_id)
    for person in ("rita", "ravi"):
        with house.tower.ledger.write() as session:
            voting.decide(
                session,
                packet_id=packet_id,
                version=packet.version,
                payload_hash=packet.payload_hash,
                person_id=person,
                roles=("reviewer",),
                verdict="approve",
                at=START,
            )


def test_parts_of_a_bundle_have_one_turn_and_what_is_worth_most_goes_first() -> None:
    choices = pl.DataFrame(
        {
            "decision_id": ["d", "c", "b", "a", "e"],
            "contact": [1, 1, 2, 3, 3],
            "slot": [0, 0, 0, 0, 0],
            "treatment_id": ["first", "second", "first", "other", "alone"],
            "value": [2.0, 3.0, 4.5, 4.5, 1.0],
        }
    )
    bundles = pl.DataFrame({"treatment_id": ["first", "second"], "bundle": ["pair", "pair"]})

    turns = dict(in_turn(choices, bundles).iter_rows())

    assert turns == {"c": 0, "d": 0, "a": 1, "b": 2, "e": 3}
