"""Members: a person who is several contacts is judged as each of them, and what closes a cell for
any of them closes it for the person.

So a merge opens nothing that was closed for a member: each is judged with its own consent, country,
deal, account and registry, and with the touches, replies and silences of all of them.
"""

from dataclasses import replace
from datetime import datetime

import polars as pl

from domain.tables import FINDINGS, MEMBERS
from graph.facts import Sources, assemble
from policies.choices import judge_choices
from policies.judging import judge
from policies.schema import Policy
from tools.runs import RunFolder
from tools.warehouse.identity.people import spread

OF_MEMBERS = "of_members"


def facts_of_people(
    cells: pl.DataFrame,
    sources: Sources,
    members: pl.DataFrame,
    policy: Policy,
    at: datetime,
    judged_by: Policy,
) -> pl.DataFrame:
    """FACTS of the cells, with `of_members` where people are several contacts.

    cells, sources: as `graph.facts.assemble` takes them, by person. members: MEMBERS, or empty.
    policy: which counts are taken; judged_by: the policy that judges cells, or a part of it.
    """
    facts = assemble(cells, sources, policy)
    if members.is_empty():
        return facts
    theirs = _as_each(cells, members)
    known = assemble(theirs.drop("_row"), _as_members(sources, members), policy)
    bits = judge(known, judged_by, at, undecided=True)
    return facts.with_columns(_folded(theirs, bits, facts.height).alias(OF_MEMBERS))


def choices_of_people(
    rows: pl.DataFrame, contacts: pl.DataFrame, members: pl.DataFrame, policy: Policy, at: datetime
) -> pl.Series:
    """`judge_choices` of the rows, and of each member's own account and deal."""
    found = judge_choices(rows, contacts, policy, at)
    if members.is_empty():
        return found
    theirs = _as_each(rows, members)
    return found | _folded(theirs, judge_choices(theirs, members, policy, at), rows.height)


def _as_each(rows: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """The rows of people once for each member, with its own account, and `_row` they come from."""
    own = members.select("survivor_id", _member="contact_id", _account="account_id")
    each = rows.with_row_index("_row").join(
        own, left_on="contact_id", right_on="survivor_id", how="inner", maintain_order="left"
    )
    named = each.with_columns(contact_id="_member")
    if "account_id" in rows.columns:
        named = named.with_columns(account_id="_account")
    return named.select("_row", *rows.columns)


def _as_members(sources: Sources, members: pl.DataFrame) -> Sources:
    """What is known of the members, each with what any of them got, said or let pass."""
    people = members.select("contact_id", "survivor_id")
    others = people.filter(pl.col("contact_id") != pl.col("survivor_id"))
    return replace(
        sources,
        contacts=members,
        touches=spread(sources.touches, others),
        replies=spread(sources.replies, others),
        ignored=spread(sources.ignored, others),
    )


def _folded(theirs: pl.DataFrame, bits: pl.Series, height: int) -> pl.Series:
    """What was found against any member, row by row."""
    any_of = theirs.select("_row", bits=bits).group_by("_row").agg(pl.col("bits").bitwise_or())
    rows = pl.DataFrame({"_row": pl.int_range(height, dtype=pl.UInt32, eager=True)})
    told = rows.join(any_of, on="_row", how="left", maintain_order="left")
    return told.get_column("bits").fill_null(0).cast(FINDINGS)


def nobody() -> pl.DataFrame:
    """MEMBERS where nobody was merged."""
    return MEMBERS.empty()


def kept_members(folder: RunFolder) -> pl.DataFrame:
    """MEMBERS as the run saw them; nobody where no person was several contacts."""
    return folder.read(MEMBERS.name) if folder.has(MEMBERS.name) else nobody()
