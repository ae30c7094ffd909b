"""L27: a telephone of a household, a mailbox of a team: whoever says no says it for all of it."""

from collections.abc import Callable

import polars as pl
import pytest

from graph.sharing import shared_among
from graph.tower import Tower
from tests.graph_facts.company import PEOPLE
from tests.graph_facts.guarding import CALL, against
from tests.relay.conftest import Post
from tools.ledger import consents

NUMBER, WRITTEN_OTHERWISE = "+49 30 5550 4711", "0049-30-55504711"

THE_CALL = {
    "channel": "call",
    "treatment": "call_deal",
    "campaign_id": "deal_desk",
    "action_class": "one_to_one",
}


def share(tower: Tower, column: str, first: str, second: str) -> None:
    """c00 and c01 have the same address or number, each in its own writing."""
    people = tower.warehouse.table("contacts").filter(pl.col("contact_id").is_in(["c00", "c01"]))
    tower.warehouse.merge("contacts", people.with_columns(pl.Series(column, [first, second])))


def refuse(tower: Tower, channel: str, how: str) -> None:
    """c01 takes consent for the channel back, objects to marketing, or is suppressed."""
    at = tower.clock.now()
    with tower.write() as session:
        if how == "suppressed":
            consents.suppress(session, "c01", at, "asked for it", "letter")
            return
        said = {"contact_id": "c01", "channel": channel, "purpose": "marketing", "state": how}
        consents.record(session, pl.DataFrame([{**said, "at": at, "source": "made up"}]))


@pytest.mark.parametrize("how", ["withdrawn", "objected", "suppressed"])
def test_L27_what_one_refused_holds_for_whoever_has_the_same_mailbox(
    post: Callable[..., Post], how: str
) -> None:
    at = post()
    share(at.tower, "email", "Team@acme.example", " team@ACME.example")
    theirs, other = at.intend("c00", "c02")
    refuse(at.tower, "email", how)

    at.deliver()

    assert at.twin.calls == [[other]]
    assert (at.row(theirs)["state"], at.row(theirs)["reason"]) == ("skipped", "shared_refusal")


def test_L27_a_number_is_the_same_however_it_is_written(post: Callable[..., Post]) -> None:
    at = post()
    share(at.tower, "phone", NUMBER, WRITTEN_OTHERWISE)
    theirs, other = at.intend("c00", "c02", **THE_CALL)
    refuse(at.tower, "call", "withdrawn")

    at.deliver()

    assert at.twin.calls == [[other]]
    assert at.row(theirs)["reason"] == "shared_refusal"


def test_L27_a_no_to_the_shared_telephone_leaves_everybodys_own_mailbox_open(
    post: Callable[..., Post],
) -> None:
    at = post()
    share(at.tower, "phone", NUMBER, WRITTEN_OTHERWISE)
    (key,) = at.intend("c00")
    refuse(at.tower, "call", "objected")

    at.deliver()

    assert at.twin.calls == [[key]]


def test_L27_what_is_no_address_joins_no_strangers() -> None:
    people = pl.DataFrame({"contact_id": PEOPLE}).with_columns(
        email=pl.lit("n/a"), phone=pl.lit("-")
    )

    assert shared_among(people).is_empty()
    assert shared_among(people.with_columns(email=pl.lit("info@acme.example"))).height == 3


def test_L27_a_receipt_still_reaches_the_household() -> None:
    shared = pl.DataFrame(
        {"contact_id": ["ada"], "channel": ["email"], "purpose": [None]},
        schema_overrides={"purpose": pl.String},
    )

    assert against({}, shared=shared) == {"shared_refusal"}
    assert against(CALL, shared=shared) == set()
    assert against({"class": "transactional"}, shared=shared) == set()
