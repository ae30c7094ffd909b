"""What a challenger must pass before it may decide: each check with its figure and its bound."""

from collections.abc import Iterator

from domain.record import Record
from tools.models_config import ModelsConfig
from tools.prediction.registry.drift import SCORE
from tools.prediction.registry.versions import Compared, Paired


class Check(Record):
    """One check. `figure` None: there was nothing to measure."""

    name: str
    ok: bool
    figure: float | None
    bound: float | None
    words: str


def checks(compared: Compared, bounds: ModelsConfig) -> tuple[Check, ...]:
    """Every check of a challenger, by what the newest run found; all must hold."""
    found = {one.name: one for one in compared.metrics}
    return (
        *_evidence(compared, bounds),
        *_calibration(found.get("calibration_error"), bounds),
        _no_worse(found.get("log_loss")),
        *_drift(compared, bounds),
        *_fairness(compared, bounds),
    )


def _evidence(compared: Compared, bounds: ModelsConfig) -> Iterator[Check]:
    for name, figure, bound in (
        ("evidence: touches", compared.rows, bounds.least_rows),
        ("evidence: outcomes", compared.outcomes, bounds.least_outcomes),
    ):
        yield Check(
            name=name,
            ok=figure >= bound,
            figure=float(figure),
            bound=float(bound),
            words="of evaluation contacts, at least",
        )


def _calibration(error: Paired | None, bounds: ModelsConfig) -> Iterator[Check]:
    if error is None:
        yield _unmeasured("calibration", "calibration error")
        return
    yield Check(
        name="calibration",
        ok=error.challenger <= bounds.calibration_error,
        figure=error.challenger,
        bound=bounds.calibration_error,
        words="expected calibration error, at most",
    )
    yield Check(
        name="calibration beside the champion",
        ok=error.difference <= error.se,
        figure=error.difference,
        bound=error.se,
        words="calibration error more than the champion's, at most its paired standard error",
    )


def _no_worse(loss: Paired | None) -> Check:
    if loss is None:
        return _unmeasured("loss beside the champion", "log loss")
    return Check(
        name="loss beside the champion",
        ok=loss.difference <= loss.se,
        figure=loss.difference,
        bound=loss.se,
        words="log loss more than the champion's, at most its paired standard error",
    )


def _drift(compared: Compared, bounds: ModelsConfig) -> Iterator[Check]:
    score = [one for one in compared.shifts if one.feature == SCORE]
    features = [one for one in compared.shifts if one.feature != SCORE]
    for name, moved in (("drift of the score", score), ("drift of features", features)):
        most = max(moved, key=lambda one: one.index, default=None)
        if most is None and name == "drift of the score":
            yield _unmeasured(name, "stability index")
            continue
        whose = f" ({most.feature})" if most is not None and most.feature != SCORE else ""
        figure = most.index if most is not None else 0.0
        yield Check(
            name=name,
            ok=figure <= bounds.stability_index,
            figure=figure,
            bound=bounds.stability_index,
            words=f"largest population stability index{whose} since training, at most",
        )


def _fairness(compared: Compared, bounds: ModelsConfig) -> Iterator[Check]:
    limits = {
        "selection rate": bounds.selection_gap,
        "true positive rate": bounds.true_positive_gap,
    }
    for one in compared.gaps:
        yield Check(
            name=f"fairness: {one.figure} by {one.attribute}",
            ok=one.gap <= limits[one.figure],
            figure=one.gap,
            bound=limits[one.figure],
            words=f"largest less smallest {one.figure} over groups, at most",
        )
    if not compared.gaps:
        yield Check(name="fairness", ok=True, figure=None, bound=None, words=compared.groups_said)


def _unmeasured(name: str, what: str) -> Check:
    """What could not be measured is no pass."""
    return Check(name=name, ok=False, figure=None, bound=None, words=f"no {what} could be measured")
