"""What a run chose under one policy and under another, side by side: value, volume, who starves."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, Final

import numpy as np
import polars as pl
from scipy import stats

from domain.names import AGENTS
from domain.reasons import GUARDRAILS
from graph.choosing import PlanRecord
from graph.conflicts.types import TYPES
from policies.judging import counted_by
from policies.named import with_names
from policies.schema import Policy
from tools.runs import RunFolder

CHOSEN: Final = ("scheduled", "waiting")
FEWEST_RUNS: Final = 5
"""From so many runs on the interval of the whole is taken over runs; below, over contacts."""
STARVED: Final = {
    "contacts": "contact_id",
    "themes": "theme",
    "agents": "agent",
    "campaigns": "campaign_id",
}


@dataclass(frozen=True)
class Chosen:
    """A decided run: its folder, under which policy it was decided, and what it chose (DECISIONS
    rows that are scheduled or wait for a person)."""

    folder: RunFolder
    policy: Policy
    touches: pl.DataFrame
    value: float
    """Expected incremental value of the whole plan, minor units."""

    @property
    def volume(self) -> dict[str, int]:
        """Touches by channel."""
        return counts(self.touches, "channel")


def chosen_in(folder: RunFolder, policy: Policy) -> Chosen:
    decisions = folder.read("decisions")
    plan = folder.read_records("plan", PlanRecord)[0]
    return Chosen(folder, policy, decisions.filter(pl.col("fate").is_in(CHOSEN)), plan.expected)


def difference(before: Chosen, after: Chosen) -> dict[str, Any]:
    """One run twice, in the documented keys; `before` and `after` stand beside each other."""
    both = before.touches.select("decision_id").join(
        after.touches.select("decision_id"), on="decision_id", how="semi"
    )
    return {
        "value": value_change(before, after),
        "touches": {
            **pair(before.touches.height, after.touches.height),
            "gained": after.touches.height - both.height,
            "lost": before.touches.height - both.height,
        },
        "volume": pairs(before.volume, after.volume),
        "by_agent": _agents(before, after),
        "starved": starved([before.touches], [after.touches]),
        "fairness": fairness(before, after),
        "conflicts": pairs(_conflicts(before), _conflicts(after)),
        "reasons": pairs(_reasons(before), _reasons(after)),
        "limits": _limits(before, after),
    }


def pair(before: float, after: float) -> dict[str, float]:
    return {"before": before, "after": after}


def pairs(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """Both counts of every name that either has."""
    names = [*before, *(name for name in after if name not in before)]
    return {name: pair(before.get(name, 0), after.get(name, 0)) for name in names}


def counts(rows: pl.DataFrame, column: str) -> dict[str, int]:
    named = rows.filter(pl.col(column).is_not_null())
    return dict(named.group_by(column).len().sort(column).iter_rows())


def _agents(before: Chosen, after: Chosen) -> dict[str, dict[str, float]]:
    one, other = counts(before.touches, "agent"), counts(after.touches, "agent")
    return {agent: pair(one.get(agent, 0), other.get(agent, 0)) for agent in AGENTS}


def value_change(before: Chosen, after: Chosen) -> dict[str, float]:
    """Change of the plan's expected value with a paired 95% interval over contacts: how far it
    would move with other people of the same kind. The values themselves count as known."""
    paired = (
        pl.concat([_worth(before, -1.0), _worth(after, 1.0)])
        .group_by("contact")
        .agg(pl.col("value").sum())
    )
    people = before.folder.read("observations").height
    moved = np.zeros(people)
    moved[: paired.height] = paired.get_column("value").to_numpy()
    error = float(moved.std(ddof=1) * sqrt(people)) if people > 1 else 0.0
    change = after.value - before.value
    return {
        **pair(before.value, after.value),
        "change": change,
        "low": change - 1.96 * error,
        "high": change + 1.96 * error,
        "error": error,
    }


def _worth(chosen: Chosen, sign: float) -> pl.DataFrame:
    return chosen.touches.select("contact", value=sign * pl.col("value"))


def starved(before: Sequence[pl.DataFrame], after: Sequence[pl.DataFrame]) -> dict[str, Any]:
    """Who had touches and has none now: how many contacts, and which themes, agents, campaigns."""
    had, has = pl.concat(before), pl.concat(after)
    gone = {
        name: had.filter(pl.col(column).is_not_null())
        .select(pl.col(column).unique())
        .join(has.select(pl.col(column).unique()), on=column, how="anti")
        .get_column(column)
        .sort()
        .to_list()
        for name, column in STARVED.items()
    }
    return {**gone, "contacts": len(gone["contacts"])}


def fairness(before: Chosen, after: Chosen) -> dict[str, Any]:
    """How evenly touches fall on those who were proposed any: whom they reach, and Gini's index (0:
    all get the same; 1: one gets all); and what share of each country's contacts is reached."""
    asked = pl.concat(
        [one.folder.read("candidates").select("contact") for one in (before, after)]
    ).unique()
    spread = [_spread(asked, one.touches) for one in (before, after)]
    return {
        "asked": asked.height,
        "reached": pair(*(int((one > 0).sum()) for one in spread)),
        "gini": pair(*(_gini(one) for one in spread)),
        "countries": pairs(_countries(before), _countries(after)),
    }


def _spread(asked: pl.DataFrame, touches: pl.DataFrame) -> Any:
    got = touches.group_by("contact").agg(count=pl.len())
    joined = asked.join(got, on="contact", how="left")
    return joined.get_column("count").fill_null(0).to_numpy()


def _gini(got: Any) -> float:
    """Gini's index of counts, by their ranks."""
    ordered = np.sort(got.astype(np.float64))
    total, people = ordered.sum(), len(ordered)
    if total == 0:
        return 0.0
    ranks = np.arange(1, people + 1)
    return round(float(2 * (ranks * ordered).sum() / (people * total) - (people + 1) / people), 4)


def _countries(chosen: Chosen) -> dict[str, float]:
    people = chosen.folder.read("observations").select("contact", "country")
    reached = chosen.touches.select("contact").unique().with_columns(reached=pl.lit(True))
    shares = (
        people.join(reached, on="contact", how="left")
        .group_by(pl.col("country").fill_null("unknown"))
        .agg(share=pl.col("reached").fill_null(False).mean().round(4))
        .sort("country")
    )
    return dict(shares.iter_rows())


def _conflicts(chosen: Chosen) -> dict[str, int]:
    found = chosen.folder.read("conflicts").group_by("type").len().sort("type")
    return {TYPES[number][0]: count for number, count in found.iter_rows()}


def _reasons(chosen: Chosen) -> dict[str, int]:
    """Cells of the grid that each guardrail closes, whatever else closes them."""
    bits = chosen.folder.read("grid").select(
        ((pl.col("findings") & (1 << place)) != 0).sum().alias(code)
        for place, (code, _) in enumerate(GUARDRAILS)
    )
    return {code: count for code, count in bits.row(0, named=True).items() if count}


def _limits(before: Chosen, after: Chosen) -> dict[str, Any]:
    return {
        "caps": pairs(_full(before), _full(after)),
        "pools": pairs(_pools(before), _pools(after)),
        "campaign_budgets": pairs(_budgets(before), _budgets(after)),
        "minutes": pair(*(float(one.touches["minutes"].sum()) for one in (before, after))),
        "accounts_touched": pair(
            *(one.touches["account_id"].drop_nulls().n_unique() for one in (before, after))
        ),
        "most_in_an_account": pair(
            *(max(counts(one.touches, "account_id").values(), default=0) for one in (before, after))
        ),
        "slots": pairs(_slots(before), _slots(after)),
        "more_than_one_touch": pair(*(_twice(one) for one in (before, after))),
        "closed_by_more_than_one": pair(*(_overlap(one) for one in (before, after))),
    }


def _full(chosen: Chosen) -> dict[str, int]:
    """Cells at which a cap leaves no touch, before the run chose."""
    facts = with_names(chosen.folder.read("facts"))
    return {
        cap.name: facts.filter(counted_by(cap) & (pl.col(f"used_{cap.name}") >= cap.at_most)).height
        for cap in chosen.policy.caps
        if f"used_{cap.name}" in facts.columns
    }


def _pools(chosen: Chosen) -> dict[str, int]:
    """Minor units of each pool that the chosen touches cost."""
    paid = chosen.touches.filter(pl.col("pool").is_not_null())
    return dict(paid.group_by("pool").agg(pl.col("cost").sum()).sort("pool").iter_rows())


def _budgets(chosen: Chosen) -> dict[str, int]:
    rows = chosen.folder.read("budget_decisions")
    return dict(rows.select("campaign_id", "spend_new").sort("campaign_id").iter_rows())


def _slots(chosen: Chosen) -> dict[str, int]:
    return {str(slot): count for slot, count in counts(chosen.touches, "slot").items()}


def _twice(chosen: Chosen) -> int:
    return chosen.touches.group_by("contact").len().filter(pl.col("len") > 1).height


def _overlap(chosen: Chosen) -> int:
    """Closed cells that opening by one reason alone would not open."""
    found = chosen.folder.read("grid").get_column("findings")
    return int((found.bitwise_count_ones() > 1).sum())


def in_all(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The runs together: counts added up, the value with an interval over runs where there are
    enough of them."""
    summed = ("touches", "volume", "by_agent", "conflicts", "reasons")
    return {
        "value": _values([part["value"] for part in parts]),
        **{name: _added([part[name] for part in parts]) for name in summed},
    }


def _values(values: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    changes = np.array([one["change"] for one in values])
    total, runs = float(changes.sum()), len(changes)
    over_runs = runs >= FEWEST_RUNS
    if over_runs:
        reach = float(stats.t.ppf(0.975, runs - 1) * changes.std(ddof=1) * sqrt(runs))
    else:
        reach = 1.96 * sqrt(sum(one["error"] ** 2 for one in values))
    return {
        **pair(sum(one["before"] for one in values), sum(one["after"] for one in values)),
        "change": total,
        "low": total - reach,
        "high": total + reach,
        "interval_over": "runs" if over_runs else "contacts",
    }


def _added(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Numbers of the same place added up, place by place."""
    found: dict[str, Any] = {}
    for part in parts:
        for name, value in part.items():
            if isinstance(value, Mapping):
                found[name] = _added([found.get(name, {}), value])
            else:
                found[name] = found.get(name, 0) + value
    return {
        name: {"before": 0, "after": 0, **value} if isinstance(value, dict) else value
        for name, value in found.items()
    }
