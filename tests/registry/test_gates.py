"""What keeps a challenger from deciding: each check by itself, with its figure and its bound."""

from typing import Any

import pytest

from tests.registry.fits import BOUNDS, compared, gap, paired
from tools.prediction.registry.gates import checks
from tools.prediction.registry.versions import Shift

LOSS = paired("log_loss", -0.01, 0.004, 0.3)


def failed(**change: object) -> list[str]:
    return [one.name for one in checks(compared(**change), BOUNDS) if not one.ok]


def test_a_challenger_that_passes_all_is_kept_by_none() -> None:
    assert failed() == []


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"rows": 199}, "evidence: touches"),
        ({"outcomes": 19}, "evidence: outcomes"),
        ({"metrics": (LOSS, paired("calibration_error", 0.0, 0.01, 0.06))}, "calibration"),
        (
            {"metrics": (LOSS, paired("calibration_error", 0.011, 0.01))},
            "calibration beside the champion",
        ),
        (
            {
                "metrics": (
                    paired("log_loss", 0.005, 0.004, 0.3),
                    paired("calibration_error", 0.0, 0.01),
                )
            },
            "loss beside the champion",
        ),
        ({"shifts": (Shift(feature="score", index=0.26),)}, "drift of the score"),
        (
            {"shifts": (Shift(feature="score", index=0.0), Shift(feature="attr_a", index=0.26))},
            "drift of features",
        ),
        ({"gaps": (gap("selection rate", 0.21),)}, "fairness: selection rate by country"),
        ({"gaps": (gap("true positive rate", 0.21),)}, "fairness: true positive rate by country"),
    ],
)
def test_each_check_refuses_by_itself(change: dict[str, Any], check: str) -> None:
    assert failed(**change) == [check]


def test_what_could_not_be_measured_is_no_pass() -> None:
    assert failed(metrics=(), shifts=()) == [
        "calibration",
        "loss beside the champion",
        "drift of the score",
    ]


def test_where_no_group_is_declared_it_says_so_plainly() -> None:
    words = "No group is declared."
    (said,) = (
        one
        for one in checks(compared(gaps=(), groups_said=words), BOUNDS)
        if one.name == "fairness"
    )
    assert (said.ok, said.figure, said.words) == (True, None, words)
