"""What a policy's case says of the past: touches that were ignored, and what they carried."""

from typing import Final

import polars as pl

from domain.tables import FINDINGS, GIVEN, INSTANT
from graph.facts import IGNORED
from graph.ignoring import ignored
from policies.cases import Case, PastTouch
from policies.orders import asks_history, judge_orders
from policies.schema import Policy

REACTIONS: Final = pl.Schema({"contact_id": pl.String(), "at": INSTANT})


def ignored_by(who: str, case: Case, policy: Policy) -> pl.DataFrame:
    """IGNORED by the case's contact: its touches that went by the clock of the case, and when it
    reacted to them."""
    if not policy.ignore_pauses:
        return pl.DataFrame(schema=IGNORED)
    went = [one for one in _own(case) if one.at <= case.at]
    touches = pl.DataFrame(
        [(who, one.channel, one.at) for one in went],
        schema=pl.Schema({"contact_id": pl.String(), "channel": pl.String(), "at": INSTANT}),
        orient="row",
    )
    reacted = [(who, at) for at in case.reacted_at if at <= case.at]
    reactions = pl.DataFrame(reacted, schema=REACTIONS, orient="row")
    return pl.concat(ignored(rule, touches, reactions) for rule in policy.ignore_pauses)


def order_bits(who: str, case: Case, policy: Policy) -> pl.Series:
    """Findings against the case by what its contact got, or is to get."""
    if not asks_history(policy):
        return pl.zeros(1, FINDINGS, eager=True)
    row = {"contact_id": who, "treatment_id": _named(case.treatment, case.theme)}
    rows = pl.DataFrame([{**row, "class": case.action_class, "slot_at": case.slot or case.at}])
    return judge_orders(
        rows.with_columns(pl.col("slot_at").cast(INSTANT), pl.col("treatment_id").cast(pl.String)),
        _given(who, case),
        _treatments(case),
        policy,
        case.at,
    )


def _own(case: Case) -> list[PastTouch]:
    return [one for one in case.touches if not one.colleague]


def _given(who: str, case: Case) -> pl.DataFrame:
    """What went counts as ours would; what is to come is scheduled."""
    rows = [
        (None, who, _named(one.treatment, one.theme), one.at, _state(one, case))
        for one in _own(case)
    ]
    return pl.DataFrame(rows, schema=GIVEN.schema, orient="row")


def _state(one: PastTouch, case: Case) -> str:
    return "accepted" if one.at <= case.at else "intent"


def _named(treatment: str | None, theme: str | None) -> str | None:
    """A theme is a treatment's; one that is not named stands for itself."""
    return treatment or (f"some treatment of {theme}" if theme else None)


def _treatments(case: Case) -> pl.DataFrame:
    said = [(case.treatment, case.theme), *((one.treatment, one.theme) for one in case.touches)]
    pairs = {(_named(treatment, theme), theme) for treatment, theme in said}
    rows = sorted((name, theme) for name, theme in pairs if name and theme)
    return pl.DataFrame(rows, schema={"treatment_id": pl.String, "theme": pl.String}, orient="row")
