"""Facts: what the judge needs to know of each cell, gathered from plain frames.

Both gates use this: the grid before arbitration, and the door before delivery.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import polars as pl

from domain.errors import IntegrityError
from domain.tables import FACTS, INSTANT
from graph.nearby import Count, Holder, counts_near
from policies.judging import counted_by
from policies.local_days import counts_by_calendar, with_days
from policies.named import with_names
from policies.schema import Policy
from policies.segments import column_of, memberships
from policies.touch_limits import ReplyPause, Spacing

SHARED_REFUSALS: Final = pl.Schema(
    {"contact_id": pl.String(), "channel": pl.String(), "purpose": pl.String()}
)
"""Once each; purpose null: whatever the purpose."""
REGISTERED: Final = pl.Schema(
    {"contact_id": pl.String(), "do_not_call": pl.Boolean(), "registry_at": INSTANT}
)
"""Once a contact; whose number nobody knows is missing."""
REPLIES: Final = pl.Schema({"contact_id": pl.String(), "account_id": pl.String(), "at": INSTANT})
"""What people answered; either of the two ids may be missing."""
IGNORED: Final = pl.Schema({"contact_id": pl.String(), "pause": pl.String(), "until": INSTANT})
"""Who ignored the last touches, by the name of the policy's pause, and until when it rests."""
HOLDER: Final[dict[str, Holder]] = {"contact": "contact_id", "account": "account_id"}


@dataclass(frozen=True)
class Sources:
    """What is known, as frames.

    contacts: contact_id, country, timezone, is_customer, open_complaint, deal_stage, and what the
    policy's segments ask for.
    consents: contact_id, channel, purpose, state, at, expires_at (what stands), basis (optional).
    objections, suppressions: contact_id.
    touches: contact_id, account_id, channel, at, decision_id (null for other tools); optional agent
    and theme.
    pauses: scope, name.
    shared: SHARED_REFUSALS: what those refused who have the same address or number.
    replies: REPLIES: what people answered by now.
    ignored: IGNORED: who ignored the last touches by now.
    registry: REGISTERED: whose number a do-not-call registry was asked about.
    """

    contacts: pl.DataFrame
    consents: pl.DataFrame
    objections: pl.DataFrame
    suppressions: pl.DataFrame
    touches: pl.DataFrame
    pauses: pl.DataFrame
    shared: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SHARED_REFUSALS))
    registry: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REGISTERED))
    replies: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REPLIES))
    ignored: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=IGNORED))


def assemble(cells: pl.DataFrame, sources: Sources, policy: Policy) -> pl.DataFrame:
    """FACTS of the cells, in their order, with used_CAP, near_SPACING, replied_PAUSE, ignored_PAUSE
    and in_SEGMENT behind.

    cells: contact_id, account_id, agent, channel, class, purpose, at; optional theme (kept),
    campaign_id, and decision_id, whose own reservation is not counted against itself.

    used_CAP counts touches less than the cap's window away on either side, since what is
    scheduled lies ahead: any window that holds the new touch lies within these bounds. Of a cap of
    the calendar it counts those that may lie in the same period, anywhere the contacts may live.
    Of a contact nobody knows, everything is unknown, also whether it is suppressed. Raises
    IntegrityError where a contact or a statement of consent stands twice.
    """
    known = (
        cells.join(
            _contacts(sources.contacts, policy), on="contact_id", how="left", maintain_order="left"
        )
        .join(
            _consents(sources.consents),
            on=["contact_id", "channel", "purpose"],
            how="left",
            maintain_order="left",
        )
        .join(
            _by_purpose(sources.shared),
            on=["contact_id", "channel", "purpose"],
            how="left",
            maintain_order="left",
        )
        .join(
            _by_channel(sources.shared),
            on=["contact_id", "channel"],
            how="left",
            maintain_order="left",
        )
        .join(sources.registry, on="contact_id", how="left", maintain_order="left")
        .with_columns(
            shared_refusal=pl.when("known").then(
                pl.any_horizontal(pl.col("this_refused", "all_refused").fill_null(False))
            ),
            suppressed=_among(sources.suppressions),
            objected=_among(sources.objections),
            paused=is_paused(sources.pauses, "campaign_id" in cells.columns),
        )
    )
    counted = known.hstack(_counted(cells, sources, policy))
    near = [_near(rule) for rule in policy.spacing]
    counted = counted.hstack([_newest_reply(cells, sources.replies)])
    replied = [_replied(rule) for rule in policy.reply_pauses]
    ignored = [f"ignored_{rule.name}" for rule in policy.ignore_pauses]
    counted = counted.hstack(_ignored(counted, sources.ignored, policy))
    used = [f"used_{cap.name}" for cap in policy.caps]
    segments = [column_of(one.name) for one in policy.segments]
    theme = [name for name in ("theme",) if name in cells.columns]
    return FACTS.conform(
        counted.select(*FACTS.columns, *used, *near, *replied, *ignored, *segments, *theme)
    )


def _counted(cells: pl.DataFrame, sources: Sources, policy: Policy) -> pl.DataFrame:
    both = (cells, sources.touches)
    if counts_by_calendar(policy):
        theirs = _of(cells, sources.touches)
        both = (with_days(cells, sources.contacts), with_days(theirs, sources.contacts))
    return counts_near(*both, list(_counts(policy)))


def _of(cells: pl.DataFrame, touches: pl.DataFrame) -> pl.DataFrame:
    """Touches of the cells' people and accounts: at the door few are judged, and every date that is
    looked up costs time."""
    ids = {one: cells.get_column(one).unique().implode() for one in HOLDER.values()}
    return touches.filter(pl.any_horizontal(pl.col(one).is_in(each) for one, each in ids.items()))


def _contacts(contacts: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    _once(contacts, ["contact_id"], "contact")
    standing = ("contact_id", "country", "timezone", "is_customer", "open_complaint", "deal_stage")
    known = contacts.select(*standing, known=pl.lit(True))
    return known.hstack(memberships(policy, contacts))


def _consents(consents: pl.DataFrame) -> pl.DataFrame:
    _once(consents, ["contact_id", "channel", "purpose"], "statement of consent")
    basis = "basis" if "basis" in consents.columns else pl.lit(None, dtype=pl.String)
    return consents.select(
        "contact_id",
        "channel",
        "purpose",
        consent_basis=basis,
        consent_state="state",
        consent_at="at",
        consent_expires_at="expires_at",
    )


def _by_purpose(shared: pl.DataFrame) -> pl.DataFrame:
    rows = shared.filter(pl.col("purpose").is_not_null()).unique()
    return rows.with_columns(this_refused=pl.lit(True))


def _by_channel(shared: pl.DataFrame) -> pl.DataFrame:
    rows = shared.filter(pl.col("purpose").is_null()).select("contact_id", "channel").unique()
    return rows.with_columns(all_refused=pl.lit(True))


def _once(frame: pl.DataFrame, keys: Sequence[str], what: str) -> None:
    """A fact told twice would double its cells, and the findings would slip to other rows."""
    if frame.select(keys).n_unique() != frame.height:
        raise IntegrityError(f"Expected one {what} per {', '.join(keys)}, found several.")


def _among(people: pl.DataFrame) -> pl.Expr:
    return pl.when("known").then(
        pl.col("contact_id").is_in(people.get_column("contact_id").implode())
    )


def is_paused(pauses: pl.DataFrame, with_campaign: bool) -> pl.Expr:
    """A pause of everything, of the agent, of the channel, or of the campaign where it is known."""
    covered = pl.lit(not pauses.filter(pl.col("scope") == "all").is_empty())
    scopes = {"agent": "agent", "channel": "channel"}
    if with_campaign:
        scopes["campaign"] = "campaign_id"
    for scope, column in scopes.items():
        names = pauses.filter(pl.col("scope") == scope).get_column("name").to_list()
        covered = covered | pl.col(column).is_in(names).fill_null(False)
    return covered


def _counts(policy: Policy) -> Iterator[Count]:
    for cap in policy.caps:
        whose = (cap.agents, cap.themes, cap.calendar)
        yield Count(f"used_{cap.name}", HOLDER[cap.per], cap.channels, cap.reach_hours, *whose)
    for rule in policy.spacing:
        yield Count(f"others_{rule.name}", "contact_id", (rule.other,), rule.hours)
        yield Count(f"firsts_{rule.name}", "contact_id", (rule.channel,), rule.hours)


def _newest_reply(cells: pl.DataFrame, replies: pl.DataFrame) -> pl.Series:
    """By cell, when anybody of its account, or its contact, replied last."""
    found = cells.select("contact_id", "account_id")
    for holder in ("contact_id", "account_id"):
        newest = replies.filter(pl.col(holder).is_not_null()).group_by(holder)
        found = found.join(
            newest.agg(pl.col("at").max().alias(f"{holder}_replied")),
            on=holder,
            how="left",
            maintain_order="left",
        )
    newest_of_both = pl.max_horizontal("contact_id_replied", "account_id_replied")
    return found.select(replied_at=newest_of_both).get_column("replied_at")


def _replied(rule: ReplyPause) -> pl.Expr:
    """Whether the newest reply lies less than the pause back; unknown of whom nobody knows."""
    return pl.when("known").then(just_replied(rule)).alias(f"replied_{rule.name}")


def just_replied(rule: ReplyPause) -> pl.Expr:
    """Whether the newest reply (replied_at) lies less than the pause before `at`; never null."""
    recent = pl.col("at") - pl.col("replied_at") < timedelta(days=rule.days)
    return recent.fill_null(False)


def _ignored(cells: pl.DataFrame, ignored: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """By cell and pause, whether it stands at the slot; unknown of whom nobody knows."""
    found = cells.select("contact_id", "at", "known")
    for rule in policy.ignore_pauses:
        rests = ignored.filter(pl.col("pause") == rule.name).group_by("contact_id")
        rests_until = rests.agg(pl.col("until").max().alias(f"until_{rule.name}"))
        found = found.join(rests_until, on="contact_id", how="left", maintain_order="left")
    return found.select(
        pl.when("known")
        .then((pl.col("at") < pl.col(f"until_{rule.name}")).fill_null(False))
        .alias(f"ignored_{rule.name}")
        for rule in policy.ignore_pauses
    )


def _near(rule: Spacing) -> pl.Expr:
    """Whether the rule's other channel touched the contact closer than its hours, either way."""
    return (
        pl.when(pl.col("channel") == rule.channel)
        .then(pl.col(f"others_{rule.name}") > 0)
        .when(pl.col("channel") == rule.other)
        .then(pl.col(f"firsts_{rule.name}") > 0)
        .otherwise(pl.lit(False))
        .alias(f"near_{rule.name}")
    )


def remaining(facts: pl.DataFrame, findings: pl.Series, policy: Policy) -> pl.DataFrame:
    """What this run may still take of each cap: id (of contact or account), cap, remaining.

    Room is counted at the cell where the cap's window is fullest, so that two choices never
    exceed it: any window that holds both holds no more touches than that cell has seen. One
    choice is allowed wherever some cell of the holder is open, since each open cell was judged
    by its own window and a single choice can only take an open cell. findings: of the cells, by
    `policies.named.of_cells`.
    """
    opened = with_names(facts).with_columns(open=findings == 0)
    none = pl.DataFrame(schema={"id": pl.String, "cap": pl.String, "remaining": pl.Int64})
    return pl.concat(
        [
            none,
            *(
                opened.filter(counted_by(cap))
                .group_by(id=HOLDER[cap.per])
                .agg(
                    used=pl.col(f"used_{cap.name}").max(),
                    open=(pl.col("open") & (pl.col(f"used_{cap.name}") < cap.at_most)).any(),
                )
                .select(
                    "id",
                    cap=pl.lit(cap.name),
                    remaining=pl.max_horizontal(
                        pl.lit(cap.at_most) - pl.col("used").cast(pl.Int64),
                        pl.col("open").cast(pl.Int64),
                    ),
                )
                for cap in policy.caps
            ),
        ]
    ).filter(pl.col("id").is_not_null())
