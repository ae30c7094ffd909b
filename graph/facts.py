"""Facts: what the judge needs to know of each cell, gathered from plain frames.

Both gates use this: the grid before arbitration, and the door before delivery.
"""

from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from domain.tables import FACTS
from policies.schema import Cap, Policy, Spacing


@dataclass(frozen=True)
class Sources:
    """What is known, as frames.

    contacts: contact_id, country, timezone, is_customer, open_complaint, deal_stage.
    consents: contact_id, channel, purpose, state, at, expires_at (what stands).
    objections, suppressions: contact_id.
    touches: contact_id, account_id, channel, at, decision_id (null for other tools).
    pauses: scope, name.
    """

    contacts: pl.DataFrame
    consents: pl.DataFrame
    objections: pl.DataFrame
    suppressions: pl.DataFrame
    touches: pl.DataFrame
    pauses: pl.DataFrame


def assemble(cells: pl.DataFrame, sources: Sources, policy: Policy) -> pl.DataFrame:
    """FACTS of the cells, in their order, with used_CAP and near_SPACING behind.

    cells: contact_id, account_id, agent, channel, class, purpose, at; optional campaign_id, and
    decision_id, whose own reservation is not counted against itself.
    """
    numbered = cells.with_row_index("cell")
    known = (
        numbered.join(_contacts(sources), on="contact_id", how="left", maintain_order="left")
        .join(
            _consents(sources),
            on=["contact_id", "channel", "purpose"],
            how="left",
            maintain_order="left",
        )
        .with_columns(
            suppressed=_among(sources.suppressions),
            objected=_among(sources.objections),
            paused=_paused(sources.pauses, "campaign_id" in cells.columns),
        )
    )
    nearby = _touches_near(numbered, sources.touches, policy)
    counted = known
    for cap in policy.caps:
        counted = _join_zero(counted, _used(nearby, numbered, sources.touches, cap), cap)
    for rule in policy.spacing:
        counted = counted.join(_near(nearby, rule), on="cell", how="left", maintain_order="left")
    filled = counted.with_columns(
        pl.col(f"near_{rule.name}").fill_null(False) for rule in policy.spacing
    )
    extra = [f"used_{cap.name}" for cap in policy.caps]
    extra += [f"near_{rule.name}" for rule in policy.spacing]
    return FACTS.conform(filled.select(*FACTS.columns, *extra))


def _contacts(sources: Sources) -> pl.DataFrame:
    return sources.contacts.select(
        "contact_id", "country", "timezone", "is_customer", "open_complaint", "deal_stage"
    ).unique("contact_id")


def _consents(sources: Sources) -> pl.DataFrame:
    return sources.consents.select(
        "contact_id",
        "channel",
        "purpose",
        consent_state="state",
        consent_at="at",
        consent_expires_at="expires_at",
    )


def _among(people: pl.DataFrame) -> pl.Expr:
    return pl.col("contact_id").is_in(people.get_column("contact_id").implode())


def _paused(pauses: pl.DataFrame, with_campaign: bool) -> pl.Expr:
    """A pause of everything, of the agent, of the channel, or of the campaign where it is known."""
    covered = pl.lit(not pauses.filter(pl.col("scope") == "all").is_empty())
    scopes = {"agent": "agent", "channel": "channel"}
    if with_campaign:
        scopes["campaign"] = "campaign_id"
    for scope, column in scopes.items():
        names = pauses.filter(pl.col("scope") == scope).get_column("name").to_list()
        covered = covered | pl.col(column).is_in(names).fill_null(False)
    return covered


def _touches_near(numbered: pl.DataFrame, touches: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Pairs of cell and touch of the same contact: cell, channel, touched, gap (a duration).

    Only touches within the longest window; a decision's own reservation is left out.
    """
    hours = [cap.window_hours for cap in policy.caps] + [one.hours for one in policy.spacing]
    longest = timedelta(hours=max(hours, default=0))
    own = ["decision_id"] if "decision_id" in numbered.columns else []
    mine = numbered.select("cell", "contact_id", "channel", "at", *own)
    theirs = touches.select(
        "contact_id", touched="channel", touched_at="at", touched_by="decision_id"
    )
    pairs = mine.join(theirs, on="contact_id", how="inner").with_columns(
        gap=(pl.col("at") - pl.col("touched_at")).abs()
    )
    if own:
        pairs = pairs.filter(pl.col("touched_by").ne_missing(pl.col("decision_id")))
    return pairs.filter(pl.col("gap") < longest).select("cell", "channel", "touched", "gap")


def _used(
    nearby: pl.DataFrame, numbered: pl.DataFrame, touches: pl.DataFrame, cap: Cap
) -> pl.DataFrame:
    """Touches a rolling window around the cell already holds: cell, used_CAP.

    A window of w hours counts touches less than w away on either side: what is scheduled lies
    ahead, and any window of w hours that holds the new touch lies within these bounds.
    """
    window = timedelta(hours=cap.window_hours)
    if cap.per == "account":
        nearby = _same_account(numbered, touches)
    counted = nearby.filter(pl.col("touched").is_in(list(cap.channels)) & (pl.col("gap") < window))
    return counted.group_by("cell").agg(pl.len().cast(pl.UInt32).alias(f"used_{cap.name}"))


def _same_account(numbered: pl.DataFrame, touches: pl.DataFrame) -> pl.DataFrame:
    own = ["decision_id"] if "decision_id" in numbered.columns else []
    mine = numbered.select("cell", "account_id", "at", *own)
    theirs = touches.select(
        "account_id", touched="channel", touched_at="at", touched_by="decision_id"
    )
    pairs = mine.join(theirs, on="account_id", how="inner").with_columns(
        gap=(pl.col("at") - pl.col("touched_at")).abs()
    )
    if own:
        pairs = pairs.filter(pl.col("touched_by").ne_missing(pl.col("decision_id")))
    return pairs.select("cell", "touched", "gap")


def _join_zero(rows: pl.DataFrame, used: pl.DataFrame, cap: Cap) -> pl.DataFrame:
    name = f"used_{cap.name}"
    joined = rows.join(used, on="cell", how="left", maintain_order="left")
    return joined.with_columns(pl.col(name).fill_null(0))


def _near(nearby: pl.DataFrame, rule: Spacing) -> pl.DataFrame:
    """Cells with a touch of the rule's other channel closer than its hours: cell, near_SPACING."""
    other = (
        pl.when(pl.col("channel") == rule.channel)
        .then(pl.lit(rule.other))
        .when(pl.col("channel") == rule.other)
        .then(pl.lit(rule.channel))
    )
    close = nearby.filter(
        (pl.col("touched") == other) & (pl.col("gap") < timedelta(hours=rule.hours))
    )
    return close.select("cell").unique().with_columns(pl.lit(True).alias(f"near_{rule.name}"))


def remaining(facts: pl.DataFrame, findings: pl.Series, policy: Policy) -> pl.DataFrame:
    """What this run may still take of each cap: cap, contact_id (or account_id), remaining.

    Room is counted at the cell where the cap's window is fullest, so that two choices never
    exceed it. One choice is allowed wherever some cell of the contact is open, since each open
    cell was judged by its own window.
    """
    opened = facts.with_columns(open=findings == 0)
    return pl.concat(
        [
            opened.filter(
                pl.col("channel").is_in(list(cap.channels))
                & ~pl.col("class").is_in(list(cap.exempt_classes))
            )
            .group_by(id=f"{cap.per}_id")
            .agg(used=pl.col(f"used_{cap.name}").max(), open=pl.col("open").any())
            .select(
                "id",
                cap=pl.lit(cap.name),
                remaining=pl.max_horizontal(
                    pl.lit(cap.at_most) - pl.col("used").cast(pl.Int64),
                    pl.col("open").cast(pl.Int64),
                ),
            )
            for cap in policy.caps
        ]
    ).filter(pl.col("id").is_not_null())
