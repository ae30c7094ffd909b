"""Which treatment a contact gets, drawn: Thompson sampling with known odds and a declared floor.

A run draws MEMBERS whole worlds from the belief (hierarchy.py). In each, one treatment is best for
a contact; the share of worlds in which it is best is its exact odds, not an estimate of them. A
floor is added for each allowed treatment, and one draw by contact and run picks from the odds
(Thompson 1933; Russo and others, "A Tutorial on Thompson Sampling", 2018).
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from domain.canonical import digest
from domain.errors import DataError
from tools.keys import shares_of
from tools.prediction.content import Affinity, terms_of
from tools.prediction.context import Context
from tools.prediction.propensity import Floats

MEMBERS: Final = 200
"""Worlds drawn from the belief in a run: odds come in steps of half a per cent, then the floor."""
AT_ONCE: Final = 4_000_000
"""Numbers held at a time."""


def odds(
    affinity: Affinity,
    context: Context,
    run: str,
    *,
    floor: float,
    allowed: npt.NDArray[np.bool_] | None = None,
) -> Floats:
    """Probability of each treatment for each contact: contacts x treatments, rows summing to 1.

    `floor`: least probability of each allowed treatment, so that a new one never starves; at most
    1 over their number. `allowed` (contacts x treatments): which may go to whom; None: all. A
    contact that may get nothing has a row of zeros. Raises DataError for a floor that can't hold.
    """
    terms = terms_of(context, affinity.names)
    may = (
        np.ones((len(terms), affinity.treatments.height), np.bool_) if allowed is None else allowed
    )
    choices = may.sum(axis=1)
    _expect(floor, int(choices.max(initial=0)))
    best = _shares(terms, _worlds(affinity, run), may)
    rest = 1.0 - floor * choices
    return np.asarray(np.where(may, floor + rest[:, None] * best, 0.0), dtype=np.float64)


def draw(
    affinity: Affinity,
    contacts: pl.DataFrame,
    context: Context,
    run: str,
    *,
    floor: float,
    allowed: npt.NDArray[np.bool_] | None = None,
) -> pl.DataFrame:
    """contact_id, treatment_id, propensity, floor, model, as_of: one drawn treatment per contact
    of `contacts` (contact_id, in the order of the context); the same run draws the same.

    Who may get nothing has no row.
    """
    chances = odds(affinity, context, run, floor=floor, allowed=allowed)
    some = chances.sum(axis=1) > 0.0
    share = shares_of(contacts, ["contact_id"], prefix=f"content:{run}")
    upto = np.cumsum(chances, axis=1)
    chosen = np.argmax(upto > (share * upto[:, -1])[:, None], axis=1)
    names = affinity.treatments.get_column("treatment_id")
    return (
        contacts.select("contact_id")
        .with_columns(
            treatment_id=names.gather(chosen),
            propensity=pl.Series(chances[np.arange(len(chosen)), chosen]),
            floor=pl.lit(floor),
            model=pl.lit(affinity.model),
            as_of=pl.lit(affinity.at),
        )
        .filter(pl.Series(some))
    )


def _expect(floor: float, choices: int) -> None:
    if not 0.0 < floor <= 1.0 / max(choices, 1):
        raise DataError(
            f"Expected a floor above 0 and at most 1/{max(choices, 1)}, found {floor:g}: "
            f"{choices} treatments are to have at least that share each.",
            "Declare a smaller floor, or approve fewer treatments.",
        )


def _worlds(affinity: Affinity, run: str) -> Floats:
    seed = int(digest(["content", run, affinity.model])[:15], 16)
    return affinity.hierarchy.draws(MEMBERS, seed)


def _shares(terms: Floats, worlds: Floats, may: npt.NDArray[np.bool_]) -> Floats:
    """Share of worlds in which each treatment is the best allowed one, contacts x treatments."""
    members, count, m = worlds.shape
    flat = worlds.reshape(members * count, m).T
    at_once = max(1, AT_ONCE // (members * count))
    parts = [
        _best(terms[i : i + at_once] @ flat, may[i : i + at_once], members)
        for i in range(0, len(terms), at_once)
    ]
    return np.concatenate([np.zeros((0, count)), *parts])


def _best(scores: Floats, may: npt.NDArray[np.bool_], members: int) -> Floats:
    people, count = may.shape
    split = np.where(may[:, None, :], scores.reshape(people, members, count), -np.inf)
    winner = split.argmax(axis=2) + count * np.arange(people)[:, None]
    won = np.bincount(winner.ravel(), minlength=people * count).reshape(people, count)
    return np.asarray(won / members, dtype=np.float64)
