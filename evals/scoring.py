"""Do the product's chances rank as well as the references, and hold when the base rate moves?"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from evals.figure import Figure, aimed, shown
from evals.paired import area, area_difference_se, bootstrap_se, reference_chance
from evals.scoring_data import by_number, days_of, read_bank, read_churn, read_leads
from tools.prediction.features import Features, encode
from tools.prediction.following import Rows, followed_chance, known_after
from tools.prediction.leakage import Suspect, suspects
from tools.prediction.propensity import Floats, fit_propensity
from tools.prediction.recalibrating import (
    calibration_error_by_chance,
    expected_calibration_error,
)
from tools.prediction.training import FOLDS, folds_of

AFTER_THE_CALL: Final = "attr_duration"
NEXT_DAY: Final = 0
"""A call is answered when it ends, and booked by the next day of calling: no day is between."""
OTHER_DELAYS: Final = {"a day": 1, "a week": 5}
LATE_ROWS: Final = 500
"""Less than a day of calls in the busiest weeks, three months of them at the end."""
MOST_ERROR: Final = 0.05
BANKS: Final = (("bank_full", False, 0.803, 0.678), ("bank_additional", True, 0.811, 0.640))

Days = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Judged:
    """What models learned from `learned` rows say of all rows, out of fold where they learned."""

    answered: npt.NDArray[np.bool_]
    learned: npt.NDArray[np.bool_]
    logits: Floats
    reference: Floats

    @property
    def tested(self) -> npt.NDArray[np.bool_]:
        return ~self.learned

    def auc(self, name: str, words: str, target: float) -> Figure:
        rows, y = self.tested, self.answered[self.tested]
        value, beside = area(self.logits[rows], y), area(self.reference[rows], y)
        se = area_difference_se(self.logits[rows], self.reference[rows], y)
        words = f"{words}; {value - target:+.4f} of its target; refitted reference {beside:.4f}"
        return aimed(name, words, value, se, target, within_errors=1.0)


def judge(contacts: pl.DataFrame, learned: npt.NDArray[np.bool_]) -> Judged:
    """The product's propensity and the reference, both learned from the rows `learned`."""
    observed = contacts.with_columns(evaluation=pl.Series(~learned))
    features = encode(observed)
    folds = np.where(learned, folds_of(observed).to_numpy(), -1).astype(np.int8)
    answered = contacts.get_column("answered").to_numpy()
    model = fit_propensity(
        features.matrix[learned], features.categorical, answered[learned], folds[learned]
    )
    return Judged(
        answered,
        learned,
        model.logits(features.matrix, folds),
        reference_chance(features.matrix, features.categorical, answered, learned),
    )


def bank_figures() -> tuple[Figure, ...]:
    """Both bank files, on the README's split and on the last fifth, calibrated there too."""
    found: list[Figure] = []
    for name, additional, split_target, time_target in BANKS:
        contacts = read_bank(additional=additional).drop(AFTER_THE_CALL)
        split = judge(contacts, ~by_number(contacts))
        count = contacts.height
        later = judge(contacts, np.arange(count) < int(count * 0.8))
        found += [
            split.auc(f"{name}_auc", f"AUC, {name}, rows that end in 0, 1, 2", split_target),
            later.auc(f"{name}_auc_later", f"AUC, {name}, last fifth", time_target),
            *_calibration(name, contacts, later),
        ]
    return tuple(found)


def _calibration(name: str, calls: pl.DataFrame, later: Judged) -> tuple[Figure, ...]:
    """Calibration on the last fifth, each day by the answers that were known when it began."""
    start, day = int(calls.height * 0.8), days_of(calls)
    y, still = later.answered[start:], 1.0 / (1.0 + np.exp(-later.logits[start:]))
    chance = _followed(later, day, known_after(day, NEXT_DAY), start)
    return (
        shown(
            f"{name}_error_unmoved",
            f"calibration error, {name}, last fifth, as trained: mean {still.mean():.3f} for "
            f"{y.mean():.3f}",
            expected_calibration_error(still, y),
        ),
        _at_most(
            f"{name}_error",
            f"the same by answers known the next day of calling: mean {chance.mean():.3f}; "
            f"{_sensitivity(later, day, start)}",
            expected_calibration_error(chance, y),
            MOST_ERROR,
            se=_calibration_se(chance, y),
        ),
        shown(
            f"{name}_error_by_chance",
            "what chances that are all right would show on so many rows, mean",
            calibration_error_by_chance(chance),
        ),
        shown(f"{name}_auc_recalibrated", "AUC of these chances", area(chance, y)),
    )


def _sensitivity(judged: Judged, day: Days, start: int) -> str:
    """The error where answers are known earlier or later than is supposed."""
    first = np.searchsorted(day, day, side="left")
    delays = {words: known_after(day, days) for words, days in OTHER_DELAYS.items()}
    delays[f"{LATE_ROWS} calls"] = np.maximum(first - LATE_ROWS, 0)
    y = judged.answered[start:]
    errors = {
        words: expected_calibration_error(_followed(judged, day, known, start), y)
        for words, known in delays.items()
    }
    return ", ".join(f"{error:.3f} if {words} later" for words, error in errors.items())


def _followed(judged: Judged, day: Days, known: Days, start: int) -> Floats:
    return followed_chance(Rows(judged.logits, judged.answered, day, known), start)


def _calibration_se(chance: Floats, answered: npt.NDArray[np.bool_]) -> float:
    return bootstrap_se(
        lambda rows: expected_calibration_error(chance[rows], answered[rows]), len(chance)
    )


def _at_most(name: str, words: str, value: float, target: float, *, se: float) -> Figure:
    reached = value < target
    return Figure(
        name=name,
        words=words,
        value=value,
        se=se,
        target=target,
        verdict="reached" if reached else "missed",
    )


def lead_figures() -> tuple[Figure, ...]:
    """The leads without the columns that the detector names, on training rows alone."""
    contacts = read_leads()
    learned = ~by_number(contacts)
    found = leaking(contacts.filter(pl.Series(learned)))
    kept = contacts.drop(one.column for one in found)
    named = "; ".join(f"{one.column.removeprefix('attr_')} ({one.proof})" for one in found)
    judged = judge(kept, learned)
    return (
        shown("leads_leaking", f"leaking columns: {named}", float(len(found))),
        judged.auc("leads_auc", "AUC of the leads without them", 0.871),
    )


def leaking(learned: pl.DataFrame) -> tuple[Suspect, ...]:
    """Suspected columns of training rows (attr_*, contact_id, answered)."""
    observed = learned.with_columns(evaluation=pl.lit(False))
    features: Features = encode(observed)
    return suspects(
        features, learned.get_column("answered").to_numpy(), folds_of(observed).to_numpy()
    )


def churn_figures() -> tuple[Figure, ...]:
    """Churn by shuffled fifths, each judged by models of the other four."""
    contacts = read_churn()
    part = np.random.default_rng(0).permutation(contacts.height) % FOLDS
    logits, reference = np.zeros(contacts.height), np.zeros(contacts.height)
    for fold in range(FOLDS):
        judged = judge(contacts, part != fold)
        logits[part == fold] = judged.logits[part == fold]
        reference[part == fold] = judged.reference[part == fold]
    y = contacts.get_column("answered").to_numpy()
    whole = Judged(y, np.zeros(len(y), dtype=np.bool_), logits, reference)
    return (whole.auc("churn_auc", "AUC of churn, five shuffled folds", 0.987),)
