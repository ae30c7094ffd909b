"""Best next step with an open deal: which kind of step goes with a rising chance to win.

Landmarks (Anderson, Cain and Gelber 1983): at the end of each week of a deal's stay, what was done
in that week, and how the chance to win (winning.py) moved in the AHEAD days after. Looking at
what happened before the landmark only, a deal that closed early is not taken for one that nobody
bothered with. Steps are compared with none among deals of the same stage and age.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import polars as pl

from domain.names import Evidence
from domain.tables import INSTANT
from tools.measurement.weighting import clustered_variance
from tools.prediction.deal_stays import WEEK_DAYS, stays_of
from tools.prediction.normal import Z_90
from tools.prediction.propensity import Floats
from tools.prediction.winning import Winning, ages_of

KINDS: Final = ("call", "email", "task")
NONE: Final = "none"
AHEAD: Final = timedelta(days=28)
LEAST_LANDMARKS: Final = 50
LEAST_DEALS: Final = 20
"""Weeks with the step, and without any, that a comparison needs, and deals among them."""
BELIEVED_SD: Final = 0.05
"""What a step is believed to change the chance to win by, either way, before any is compared."""
STAGE_SD: Final = 0.02
"""What that change differs by between stages."""


@dataclass(frozen=True)
class NextSteps:
    """`table`, a row per stage and kind of step: stage, step, change (of the chance to win), low,
    high (90%), support (weeks with the step in that stage), evidence, model, as_of. `best`, a row
    per stage: stage, step (null: no difference known), words."""

    table: pl.DataFrame
    best: pl.DataFrame
    model: str
    at: datetime
    words: str


def next_steps(
    winning: Winning, deals: pl.DataFrame, stages: pl.DataFrame, touches: pl.DataFrame
) -> NextSteps:
    """deals and stages as `fit_winning` had them, with the deals' contact_id; touches: contact_id,
    channel, at, of those who were really touched. A week with steps of several kinds tells of
    none of them."""
    marks = landmarks(winning, deals, stages, touches)
    rows = [one for kind in KINDS for one in _of_kind(marks, kind, winning.stages)]
    table = pl.DataFrame(rows, schema_overrides={"support": pl.Float64}).with_columns(
        model=pl.lit(winning.model), as_of=pl.lit(winning.at)
    )
    return NextSteps(
        table,
        pl.DataFrame([_best(table, one) for one in winning.stages], schema=_BEST),
        winning.model,
        winning.at,
        f"From {marks.height} weeks of {marks.get_column('deal_id').n_unique()} deals, each "
        f"followed for {AHEAD.days} days. Steps were chosen by people: this is seen, not caused.",
    )


_BEST: Final = {"stage": pl.String, "step": pl.String, "words": pl.String}


def landmarks(
    winning: Winning, deals: pl.DataFrame, stages: pl.DataFrame, touches: pl.DataFrame
) -> pl.DataFrame:
    """deal_id, stage, age (band), step (a kind, or none), moved (change of the chance to win):
    one row per whole week of a stay whose AHEAD days have passed."""
    stays = stays_of(deals, stages, winning.at).with_columns(last=_chance_at_end())
    weekly = (
        stays.filter(pl.col("weeks") > 0)
        .with_columns(week=pl.int_ranges(1, pl.col("weeks") + 1))
        .explode("week")
        .with_columns(
            mark=pl.col("entered_at") + pl.duration(days=pl.col("week") * WEEK_DAYS),
        )
        .filter(pl.col("mark") + AHEAD <= winning.at)
    )
    chance = winning.mean
    stage = [winning.stages.index(one) for one in weekly.get_column("stage")]
    now = chance[stage, np.minimum(weekly.get_column("week").to_numpy(), chance.shape[1] - 1)]
    later = _chance_later(winning, stays, weekly)
    return (
        _with_steps(weekly, deals, touches)
        .select(
            "deal_id",
            "stage",
            "step",
            age=pl.Series(ages_of(weekly.get_column("week").to_numpy())),
            moved=pl.Series(later - now),
        )
        .filter(pl.col("step").is_not_null())
    )


def _chance_at_end() -> pl.Expr:
    return pl.when(pl.col("ended") == "won").then(1.0).when(pl.col("ended") == "lost").then(0.0)


def _chance_later(winning: Winning, stays: pl.DataFrame, weekly: pl.DataFrame) -> Floats:
    """Chance to win AHEAD after each mark: 1 or 0 where the deal has closed by then."""
    asked = weekly.select("deal_id", then=pl.col("mark") + AHEAD).with_row_index("row")
    found = (
        asked.sort("then")
        .join_asof(
            stays.select("deal_id", "stage", "entered_at", "left_at", "last").sort("entered_at"),
            left_on="then",
            right_on="entered_at",
            by="deal_id",
            strategy="backward",
            check_sortedness=False,
        )
        .sort("row")
    )
    age = (found.get_column("then") - found.get_column("entered_at")).dt.total_days().to_numpy()
    chance = winning.mean
    stage = [winning.stages.index(one) for one in found.get_column("stage")]
    there = chance[stage, np.minimum(age // WEEK_DAYS, chance.shape[1] - 1)]
    closed = found.select(
        ((pl.col("left_at") <= pl.col("then")) & pl.col("last").is_not_null()).fill_null(False)
    ).to_series()
    ended = found.get_column("last").fill_null(0.0).to_numpy()
    return np.where(closed.to_numpy(), ended, there)


def _with_steps(weekly: pl.DataFrame, deals: pl.DataFrame, touches: pl.DataFrame) -> pl.DataFrame:
    """The weeks, in order, with the one kind of step that was done in each: none, or null where
    there were several kinds."""
    spoken = deals.select("deal_id", "contact_id").filter(pl.col("contact_id").is_not_null())
    done = (
        touches.filter(pl.col("channel").is_in(KINDS))
        .select("contact_id", "channel", touched_at=pl.col("at").cast(INSTANT))
        .join(spoken, on="contact_id", how="inner")
    )
    numbered = weekly.with_row_index("row")
    in_week = (
        numbered.select("row", "deal_id", "mark")
        .join(done, on="deal_id", how="inner")
        .filter(
            (pl.col("touched_at") < pl.col("mark"))
            & (pl.col("touched_at") >= pl.col("mark") - timedelta(days=WEEK_DAYS))
        )
        .group_by("row")
        .agg(kinds=pl.col("channel").n_unique(), step=pl.col("channel").first())
    )
    return numbered.join(in_week, on="row", how="left", maintain_order="left").with_columns(
        step=pl.when(pl.col("kinds").is_null())
        .then(pl.lit(NONE))
        .when(pl.col("kinds") == 1)
        .then("step")
    )


def _of_kind(marks: pl.DataFrame, kind: str, stages: tuple[str, ...]) -> list[dict[str, Any]]:
    """Each stage's change, its own comparison weighed with that of all stages and the belief."""
    of_all = _compared(marks, kind)
    change, variance = _joined((0.0, BELIEVED_SD**2), of_all)
    rows = []
    for stage in stages:
        own = _compared(marks.filter(pl.col("stage") == stage), kind)
        middle, spread = _joined((change, variance + STAGE_SD**2), own)
        wide = Z_90 * float(np.sqrt(spread))
        rows.append(
            {
                "stage": stage,
                "step": kind,
                "change": middle,
                "low": middle - wide,
                "high": middle + wide,
                "support": own.landmarks,
                "evidence": _evidence(own, of_all),
            }
        )
    return rows


@dataclass(frozen=True)
class _Compared:
    change: float
    variance: float
    landmarks: int
    enough: bool


def _joined(belief: tuple[float, float], seen: _Compared) -> tuple[float, float]:
    """Belief and comparison by precision; the belief alone below the least evidence."""
    if not seen.enough:
        return belief
    share = belief[1] / (belief[1] + seen.variance)
    return belief[0] + share * (seen.change - belief[0]), belief[1] * (1.0 - share)


def _evidence(own: _Compared, of_all: _Compared) -> Evidence:
    return "measured" if own.enough or of_all.enough else "prior"


def _compared(marks: pl.DataFrame, kind: str) -> _Compared:
    """Difference of means within stage and age, each stratum weighed by how much it can tell
    (n1 n0 / (n1 + n0), Mantel and Haenszel 1959); weeks of one deal depend on each other."""
    both = marks.filter(pl.col("step").is_in([kind, NONE])).with_columns(
        done=(pl.col("step") == kind).cast(pl.Float64)
    )
    strata = ("stage", "age")
    cells = both.with_columns(
        ones=pl.col("done").sum().over(strata), rows=pl.len().over(strata)
    ).filter((pl.col("ones") > 0) & (pl.col("ones") < pl.col("rows")))
    landmarks = int(both.get_column("done").sum())
    parts = (cells.filter(pl.col("done") == 1.0), cells.filter(pl.col("done") == 0.0))
    enough = all(
        one.height >= LEAST_LANDMARKS and one.get_column("deal_id").n_unique() >= LEAST_DEALS
        for one in parts
    )
    if not enough:
        return _Compared(0.0, np.inf, landmarks, False)
    leaning = cells.select(pl.col("done") - pl.col("done").mean().over(strata)).to_series()
    lean, moved = leaning.to_numpy(), cells.get_column("moved").to_numpy()
    total = float(np.square(lean).sum())
    change = float(lean @ moved) / total
    rest = cells.select(pl.col("moved") - pl.col("moved").mean().over(strata)).to_series()
    influence = lean * (rest.to_numpy() - change * lean) / total
    return _Compared(
        change, clustered_variance(influence, cells.get_column("deal_id")), landmarks, True
    )


def _best(table: pl.DataFrame, stage: str) -> dict[str, str | None]:
    rows = table.filter(pl.col("stage") == stage).sort("change", "step", descending=[True, False])
    first, second = rows.row(0, named=True), rows.row(1, named=True)
    if first["low"] <= 0.0:
        return {"stage": stage, "step": None, "words": "No difference between steps is known."}
    clear = first["low"] > second["high"]
    words = (
        f"A {first['step']} goes with {first['change']:+.1%} ({first['low']:+.1%} to "
        f"{first['high']:+.1%})"
    )
    other = "" if clear else f", not surely more than a {second['step']}"
    return {"stage": stage, "step": first["step"], "words": f"{words}{other}."}
