"""Replaying: draw and repair done again with other seeds, to know the odds that no formula gives.

Where an account's caps or the repair make of a contact's own set another one, its probability
depends on what everybody else draws. Prices stay as they are: they do not depend on the draws.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from graph.arbitration.compiled import Bools, Floats, Ints, Masks
from graph.arbitration.draft import Draft
from graph.arbitration.draws import seeds_of
from graph.arbitration.exploring import Drawn, mixtures
from graph.arbitration.problem import Exploration


@dataclass(frozen=True)
class Replays:
    """How often each contact of one part ended with the set it has, over `count` replays.

    drew: replays in which it explored. hits_drawing, hits_choosing: those in which it ended with
    the set it has, exploring and not. own_drawing: those in which it drew that set itself. moved:
    in some replay it ended with another set than its own.
    """

    count: int
    drew: Ints
    hits_drawing: Ints
    hits_choosing: Ints
    own_drawing: Ints
    moved: Bools


def replayed(
    rule: Exploration | None,
    final: tuple[Masks, ...],
    settle: Callable[[Exploration], tuple[Draft, Drawn]],
) -> tuple[Replays, ...]:
    """Settle again with as many other seeds as the rule wants; one tally a part.

    settle: draws by a rule and repairs, at the prices at hand.
    """
    count = 0 if rule is None else rule.replays
    tallies = tuple(_nothing(count, len(masks)) for masks in final)
    if rule is None:
        return tallies
    for seed in seeds_of(rule.seed, count):
        draft, drawn = settle(rule.model_copy(update={"seed": seed}))
        for tally, asked, own, now, kept in zip(
            tallies, drawn.asked, drawn.own, draft.masks, final, strict=True
        ):
            hit = now == kept
            tally.drew[:] += asked
            tally.hits_drawing[:] += hit & asked
            tally.hits_choosing[:] += hit & ~asked
            tally.own_drawing[:] += (own == kept) & asked
            tally.moved[:] |= now != own
    return tallies


def _nothing(count: int, contacts: int) -> Replays:
    def zeros() -> Ints:
        return np.zeros(contacts, dtype=np.int64)

    return Replays(count, zeros(), zeros(), zeros(), zeros(), np.zeros(contacts, dtype=np.bool_))


def propensities(
    rule: Exploration | None,
    draft: Draft,
    best: tuple[Masks, ...],
    drawn: Drawn,
    replays: tuple[Replays, ...],
    number: int = 0,
) -> tuple[Floats, Bools]:
    """Probability of each contact's set under the mixture of exploring and not; which simulated.

    By contact of part `number`. Simulated where the set, here or in a replay, was not the contact's
    own: the odds of drawing it and keeping it, plus the frequency of being given it. NaN where it
    is not the contact's own and no replay gave it again, or there were none.
    """
    part, final, own = draft.field.parts[number], draft.masks[number], drawn.own[number]
    drawing, choosing = mixtures(rule, part, draft.rates, draft.tolls[number], best[number], final)
    share, tally, given = 0.0 if rule is None else rule.share, replays[number], final != own
    simulated = (given | tally.moved) & (tally.count > 0)
    chose = tally.count - tally.drew
    # beside the known odds of a draw only the difference is estimated, nil where draws are kept
    kept = drawing + (tally.hits_drawing - tally.own_drawing) / np.maximum(tally.drew, 1)
    chosen = np.where(chose > 0, tally.hits_choosing / np.maximum(chose, 1), choosing)
    estimated = share * np.maximum(kept, 0.0) + (1.0 - share) * chosen
    found = np.where(simulated, estimated, share * drawing + (1.0 - share) * choosing)
    unknown = (found <= 0.0) | (given & (tally.hits_drawing + tally.hits_choosing == 0))
    return np.where(unknown, np.nan, found), simulated
