"""A small problem that is likely to clash where a large one does, to find out what to look at."""

from dataclasses import replace
from typing import Any, Final

import numpy as np
import polars as pl

from graph.arbitration.problem import CampaignLimit, Problem, ResourceLimit

SEED: Final = 20_260_302


def sampled(problem: Problem, units: int, demand: float) -> Problem:
    """A problem of about `units` accounts (a contact without one counts as its own).

    Shared limits shrink in proportion, what is demanded times `demand`: above 1, a clash shows that
    chance would hide, and it must be confirmed on the whole anyway.
    """
    frame = problem.candidates
    unit = pl.coalesce(pl.col("account").cast(pl.Int64), -1 - pl.col("contact").cast(pl.Int64))
    every = frame.select(unit.alias("unit")).to_series()
    known = every.unique().sort()
    random = np.random.default_rng(SEED)
    part = known.gather(random.permutation(len(known))[:units])
    share = len(part) / max(1, len(known))
    candidates = frame.filter(every.is_in(part.implode()))
    uses = problem.uses.join(candidates.select("candidate"), on="candidate", how="semi")
    limits = problem.limits.model_copy(
        update={
            "resources": tuple(_smaller(one, share, demand) for one in problem.limits.resources),
            "campaigns": tuple(_calmer(one, share) for one in problem.limits.campaigns),
        }
    )
    return replace(problem, candidates=candidates, uses=uses, limits=limits)


def _smaller(one: ResourceLimit, share: float, demand: float) -> ResourceLimit:
    change: dict[str, Any] = {}
    if one.at_most is not None:
        change["at_most"] = one.at_most * share
    if one.at_least is not None:
        change["at_least"] = one.at_least * share * demand
    return one.model_copy(update=change)


def _calmer(one: CampaignLimit, share: float) -> CampaignLimit:
    return one.model_copy(update={"now": one.now * share})
