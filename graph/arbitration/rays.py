"""Rays: prices of the shared limits at which no plan can pay for what is demanded.

At prices p >= 0 every plan that holds the limits has slack(plan) . p >= 0. So where even the plan
of most slack, which each contact chooses for itself in one pass, stays below nothing, there is none
(Farkas 1902, for whole choices within contacts). The search is a cutting plane method (Kelley
1960): each pass is a cut. Half of each step is taken (Ben-Ameur and Neto 2007).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from graph.arbitration.compiled import Floats
from graph.arbitration.limits import CampaignLimit
from graph.arbitration.program.highs import Model, solve
from graph.arbitration.response import Field, respond

Bools = npt.NDArray[np.bool_]
NEAR: Final = 1e-6
"""Share of the least slack to which it is found."""
PASSES: Final = 400


@dataclass(frozen=True)
class Ray:
    """Prices by limit, and the most slack that a plan has at them: below nothing is a proof.

    settled: no other prices within the ceilings leave notably less.
    """

    prices: Floats
    slack: float
    settled: bool


@dataclass
class Rays:
    """The search over one field. steps: by campaign, whether its step is a rule that stays.

    The campaigns' worth plays no part. cuts: slack of each limit, by plan found so far.
    """

    whole: Field
    campaigns: tuple[CampaignLimit, ...]
    column: npt.NDArray[np.int64]
    cuts: list[tuple[Floats, Floats]] = field(default_factory=list)

    def least(
        self,
        ceilings: Floats,
        steps: Bools,
        sign: float,
        going: Callable[[], bool],
        more: Floats | None = None,
    ) -> Ray:
        """The prices up to these ceilings at which plans have least slack.

        sign: it is enough to find any that leave less than this. going: whether to go on.
        more: what is added to each limit.
        """
        wider = np.zeros(len(ceilings)) if more is None else more
        best = Ray(np.zeros(len(ceilings)), 0.0, False)
        for _ in range(PASSES):
            prices, floor = self._master(ceilings, steps, wider)
            if floor >= min(sign, best.slack * (1 + NEAR)):
                return replace(best, settled=True)
            for asked in ((best.prices + prices) / 2, prices):
                slack = self.slack(asked, steps) + float(wider @ asked)
                if slack < best.slack:
                    best = Ray(asked, slack, False)
                    break
            if (best.slack < sign and sign < 0) or not going():
                return best
        return best

    def slack(self, prices: Floats, steps: Bools) -> float:
        """Most slack that a plan has at these prices; one pass, which leaves a cut."""
        found = respond(self.whole, prices)
        touched = self.whole.left(found.used, np.zeros(0))
        rates = self.whole.rows.rates(prices)[self.column]
        spends = [
            (one.least if rate > 0 else one.most)
            for one, rate in zip(self.campaigns, rates.tolist(), strict=True)
        ]
        self.cuts.append((touched, np.array(spends)))
        if (rates[~steps] < -1e-12).any():
            return np.inf
        return float(self._slack_of(touched, np.array(spends), steps) @ prices)

    def _slack_of(self, touched: Floats, spends: Floats, steps: Bools) -> Floats:
        """By limit; a campaign without a step spends nothing where that costs."""
        used = np.zeros(self.whole.rows.weights.shape[0])
        np.add.at(used, self.column, np.where(steps, spends, 0.0))
        return np.asarray(touched - self.whole.rows.weights.T @ used)

    def _master(self, ceilings: Floats, steps: Bools, wider: Floats) -> tuple[Floats, float]:
        """Prices at which all plans found so far have least slack, and that slack."""
        rows = [self._slack_of(touched, spends, steps) + wider for touched, spends in self.cuts]
        free = np.asarray(self.whole.rows.weights.tocsr()[self.column[~steps]].toarray())
        cuts = np.array(rows).reshape(len(rows), len(ceilings))
        below = np.concatenate((np.full(len(cuts), -1.0), np.zeros(len(free))))
        matrix = np.column_stack((np.concatenate((cuts, -free)), below))
        open_ = ceilings > 0
        floor = -float(np.abs(self.whole.rows.limit[open_] * ceilings[open_]).sum()) - 1.0
        model = Model(
            gain=np.append(np.zeros(len(ceilings)), -1.0),
            low=np.append(np.zeros(len(ceilings)), 10 * floor),
            high=np.append(ceilings, 0.0),
            whole=np.zeros(len(ceilings) + 1, dtype=np.bool_),
            matrix=csr_array(matrix),
            row_low=np.full(len(matrix), -np.inf),
            row_top=np.zeros(len(matrix)),
        )
        found = solve(model).columns
        assert found is not None
        return np.clip(found[:-1], 0.0, ceilings), float(found[-1])
