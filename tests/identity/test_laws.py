"""The law of merges: what was closed for any contact of a person is closed for the person."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.tables import INSTANT
from graph.facts import Sources, assemble
from graph.members import facts_of_people
from policies.judging import judge
from tests.graph_facts.company import cells_of, good_standing, sources_of, touch
from tests.graph_facts.guarding import statements
from tests.policies.worlds import NOON, cap, sample_policy, spacing
from tools.warehouse.identity.people import as_person

SURVIVORS = pl.DataFrame({"contact_id": ["bob"], "survivor_id": ["ada"]})
ACCOUNTS = {"ada": "acme", "bob": "blue"}
POLICY = sample_policy(
    caps=(
        cap("day", "email", "call", hours=24),
        cap("team", "email", "call", hours=36, per="account"),
    ),
    spacing=(spacing("apart", "call", "email", 12),),
)
PERSON = st.sampled_from(["ada", "bob"])
CHANNEL = st.sampled_from(["email", "call", "ads"])
STANDING = st.fixed_dictionaries(
    {
        "country": st.sampled_from(["GB", "US", None]),
        "timezone": st.sampled_from(["Europe/London", "Asia/Tokyo", None]),
        "is_customer": st.booleans(),
        "open_complaint": st.booleans(),
        "deal_stage": st.sampled_from([None, "negotiation", "contract", "legal"]),
        "state": st.sampled_from(["granted", "granted", "withdrawn", "objected", None]),
    }
)
TOUCH = st.builds(
    lambda hours, who, channel: touch(
        NOON + timedelta(hours=hours), contact_id=who, account_id=ACCOUNTS[who], channel=channel
    ),
    st.integers(-40, 40),
    PERSON,
    CHANNEL,
)
NO = st.lists(PERSON, max_size=1)


def _contacts(standing: dict[str, dict[str, Any]]) -> pl.DataFrame:
    known = good_standing().filter(pl.col("contact_id").is_in(list(standing)))
    rows = [{**row, **standing[row["contact_id"]]} for row in known.to_dicts()]
    return pl.DataFrame(rows, schema_overrides=dict(known.schema)).drop("state")


def _consents(standing: dict[str, dict[str, Any]]) -> pl.DataFrame:
    said = {who: one["state"] for who, one in standing.items() if one["state"]}
    rows = statements([]).filter(pl.col("contact_id").is_in(list(said)))
    return rows.with_columns(
        state=pl.col("contact_id").replace_strict(said, return_dtype=pl.String)
    )


def _cells(who: str, at: datetime) -> pl.DataFrame:
    kinds = [
        {"channel": channel, "agent": agent, "class": kind}
        for channel, agent in (("email", "email"), ("call", "sales"), ("ads", "ads"))
        for kind in ("marketing", "one_to_one", "transactional")
    ]
    return cells_of(
        *({**one, "contact_id": who, "account_id": ACCOUNTS[who], "at": at} for one in kinds)
    )


def _as_people(sources: Sources) -> tuple[Sources, pl.DataFrame]:
    """The sources by person, and its members."""
    rows = sources.contacts.with_columns(
        survivor_id=pl.lit("ada"), account_id=pl.col("contact_id").replace_strict(ACCOUNTS)
    )
    by_person = replace(
        sources,
        contacts=sources.contacts.filter(pl.col("contact_id") == "ada"),
        touches=as_person(sources.touches, SURVIVORS),
        replies=as_person(sources.replies, SURVIVORS),
        ignored=as_person(sources.ignored, SURVIVORS),
    )
    return by_person, rows


@settings(max_examples=60)
@given(
    ada=STANDING,
    bob=STANDING,
    touches=st.lists(TOUCH, max_size=6),
    objections=NO,
    suppressions=NO,
    hours=st.integers(0, 30),
)
def test_a_merge_never_opens_a_cell_that_was_closed_for_any_member(
    ada: dict[str, Any],
    bob: dict[str, Any],
    touches: list[dict[str, Any]],
    objections: list[str],
    suppressions: list[str],
    hours: int,
) -> None:
    standing, at = {"ada": ada, "bob": bob}, NOON + timedelta(hours=hours)
    sources = sources_of(
        contacts=_contacts(standing),
        consents=_consents(standing).cast({"at": INSTANT}),
        touches=touches,
        objections=objections,
        suppressions=suppressions,
    )
    by_person, members = _as_people(sources)

    facts = facts_of_people(_cells("ada", at), by_person, members, POLICY, NOON, POLICY)
    merged = judge(facts, POLICY, NOON, undecided=True)

    for who in ("ada", "bob"):
        alone = judge(assemble(_cells(who, at), sources, POLICY), POLICY, NOON, undecided=True)
        assert (alone & ~merged).sum() == 0


def test_without_anything_against_them_a_person_stays_open() -> None:
    by_person, members = _as_people(sources_of(contacts=good_standing().head(2)))

    facts = facts_of_people(_cells("ada", NOON), by_person, members, POLICY, NOON, POLICY)

    assert (judge(facts, POLICY, NOON, undecided=True) == 0).sum() > 0
