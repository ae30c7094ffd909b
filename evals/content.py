"""Is content affinity better than chance? Open Bandit's logs of random fashion recommendations.

`python -m evals.content --json` prints the figures: each campaign's Thompson draws, learned on
some rows of the random log, judged on the others against choosing uniformly. Exit code 1 where
the data are not there, or a published figure is not found again.
"""

import argparse
import sys
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from evals.bandit_log import CAMPAIGNS, Log, read_log
from evals.figure import Figure, shown
from evals.telling import tell
from tools.measurement.off_policy import Judged, OffPolicy, gain_over, judged, value_of, wins
from tools.prediction.content import fit_content
from tools.prediction.content_draws import odds
from tools.prediction.context import Context, context_of
from tools.prediction.features import encode

EXPLORED: Final = 0.2
"""Share of draws that the floors take, all treatments together."""
LEARNED: Final = 0.7
RUN: Final = "evals.content"
PUBLISHED: Final = {
    "all": {"ipw": 0.00236, "snipw": 0.002334, "ess": 340.378341},
    "men": {"ipw": 0.003009, "snipw": 0.003189, "ess": 655.70985},
    "women": {"ipw": 0.007438, "snipw": 0.002373, "ess": 2.077823},
}
"""Uniform choice judged from the Thompson log, as the data's own notes have it: a direction in
which no estimate can be believed, and the estimators must still agree to the last digit given."""
AGREES: Final = 1e-6


@dataclass(frozen=True)
class Compared:
    """Content affinity and uniform choice on the same held-out rows."""

    affinity: Judged
    uniform: Judged
    clicks: int

    @property
    def gain(self) -> OffPolicy:
        return gain_over(self.affinity, self.uniform)


def content() -> tuple[Figure, ...]:
    """All figures of all campaigns."""
    return tuple(one for campaign in CAMPAIGNS for one in _of_campaign(campaign))


def _of_campaign(campaign: str) -> tuple[Figure, ...]:
    log = read_log("random", campaign)
    rows = np.arange(len(log.clicked))
    later = rows >= LEARNED * len(rows)
    return (
        *_loaded(campaign, log),
        *_reverse(campaign, read_log("bts", campaign)),
        *_figures(campaign, "split", "rows 0, 1, 2 of ten", compare(log, rows % 10 < 3)),
        *_figures(campaign, "later", "the last three tenths in time", compare(log, later)),
    )


def compare(log: Log, judged_rows: npt.NDArray[np.bool_]) -> Compared:
    """Learn on the rows not judged; features, codes and model know nothing of the others."""
    learned = np.flatnonzero(~judged_rows)
    context = context_of(
        encode(log.contacts(evaluation=judged_rows)), learned, log.clicked[learned]
    )
    rows = log.rows()[learned]
    affinity = fit_content(rows, context, log.items, log.ended_at)
    held = Context(context.names, context.matrix[judged_rows])
    count = log.items.height
    drawn = odds(affinity, held, RUN, floor=EXPLORED / count)
    model = affinity.chances(held).get_column("chance").to_numpy().reshape(-1, count)
    facts = (
        log.item[judged_rows],
        log.propensity[judged_rows],
        log.clicked[judged_rows].astype(np.float64),
        model,
    )
    return Compared(
        judged(drawn, *facts),
        judged(np.full_like(drawn, 1.0 / count), *facts),
        int(log.clicked[judged_rows].sum()),
    )


def _figures(campaign: str, split: str, said: str, found: Compared) -> tuple[Figure, ...]:
    gain, name = found.gain, f"{campaign}_{split}"
    value, plain = value_of(found.affinity), value_of(found.uniform)
    figures = [
        shown(f"bandit_clicks_{name}", f"{campaign}, {said}: clicks to judge by", found.clicks),
        shown(f"bandit_ess_{name}", "rows that tell as much", found.affinity.effective),
    ]
    for kind in ("ipw", "snipw", "dr"):
        for whose, told in (("drawn", value), ("uniform", plain)):
            one = getattr(told, kind)
            figures.append(
                shown(f"bandit_{kind}_{whose}_{name}", f"{kind} of {whose}", one.value, one.se)
            )
        one = getattr(gain, kind)
        words = f"{kind}: drawn minus uniform, bootstrap 95% {one.low:+.5f} to {one.high:+.5f}"
        figures.append(shown(f"bandit_{kind}_gain_{name}", words, one.value, one.se))
    claimed = wins(gain)
    words = "a win is claimed" if claimed else "no win: an interval touches zero"
    return (*figures, shown(f"bandit_win_{name}", words, float(claimed)))


def _loaded(campaign: str, log: Log) -> tuple[Figure, ...]:
    return (
        shown(f"bandit_rows_{campaign}", f"{campaign}: logged rows", len(log.clicked)),
        shown(f"bandit_items_{campaign}", "items", log.items.height),
        shown(f"bandit_themes_{campaign}", "themes", log.items.get_column("theme").n_unique()),
        shown(f"bandit_propensity_{campaign}", "mean propensity", float(log.propensity.mean())),
        shown(f"bandit_rate_{campaign}", "clicks per row", float(log.clicked.mean())),
    )


def _reverse(campaign: str, log: Log) -> tuple[Figure, ...]:
    """The estimators against published figures, on the trap they were published for."""
    count = log.items.height
    uniform = np.full((len(log.clicked), count), 1.0 / count)
    policy = judged(uniform, log.item, log.propensity, log.clicked.astype(np.float64))
    told = value_of(policy)
    values = {"ipw": told.ipw.value, "snipw": told.snipw.value, "ess": policy.effective}
    return tuple(
        Figure(
            name=f"bandit_reverse_{kind}_{campaign}",
            words=f"{kind} of uniform from the Thompson log of {campaign}, as published",
            value=value,
            se=None,
            target=PUBLISHED[campaign][kind],
            verdict="reached" if abs(value - PUBLISHED[campaign][kind]) <= AGREES else "missed",
        )
        for kind, value in values.items()
    )


def main() -> int:
    """Print all figures; exit code 1 where a published one is missed or data are not there."""
    parser = argparse.ArgumentParser(prog="python -m evals.content", description=__doc__)
    parser.add_argument("--json", action="store_true", help="figures as JSON on standard output")
    return tell(content, parser.parse_args().json)


if __name__ == "__main__":
    sys.exit(main())
