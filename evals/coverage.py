"""Do 90% intervals hold nine truths of ten? Worlds whose truth is known, drawn and fitted.

`python -m evals.coverage --worlds 60 --json` prints the figures; exit code 1 where one lies
outside 86% to 94%. The truths are drawn by other rules than the models believe.
"""

import argparse
import sys
from collections.abc import Callable
from typing import Final

import numpy as np

from evals.effect_worlds import effect_world
from evals.figure import Figure
from evals.telling import tell
from evals.truths import content_world, deal_world, fatigue_world

LEAST: Final = 0.86
MOST: Final = 0.94
SEED: Final = 2_000
PARTS: Final[dict[str, tuple[str, Callable[[int], dict[str, float]]]]] = {
    "content": ("chance that a contact answers a treatment", content_world),
    "effects": ("change of the chance that a treatment causes for a contact", effect_world),
    "fatigue": ("chances after one more touch", fatigue_world),
    "winning": ("chance that a deal is won", deal_world),
}


def coverage(parts: tuple[str, ...], worlds: int) -> tuple[Figure, ...]:
    """One figure per kind of truth: the share within its interval, over worlds."""
    figures = []
    for part in parts:
        words, world = PARTS[part]
        held = [world(SEED + i) for i in range(worlds)]
        for kind in held[0]:
            shares = np.array([one[kind] for one in held if not np.isnan(one[kind])])
            figures.append(_figure(f"coverage_{part}_{kind}", f"{words}: {kind}", shares))
    return tuple(figures)


def _figure(name: str, words: str, shares: np.ndarray) -> Figure:
    value = float(shares.mean())
    return Figure(
        name=name,
        words=f"{words}, over {len(shares)} worlds, {LEAST:.0%} to {MOST:.0%}",
        value=value,
        se=float(shares.std(ddof=1) / np.sqrt(len(shares))),
        target=LEAST,
        verdict="reached" if LEAST <= value <= MOST else "missed",
    )


def main() -> int:
    """Print all figures, or those of the parts named; exit code 1 where one is missed."""
    parser = argparse.ArgumentParser(prog="python -m evals.coverage", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=[], metavar="PART")
    parser.add_argument("--worlds", type=int, default=60, help="worlds drawn of each kind")
    parser.add_argument("--json", action="store_true", help="figures as JSON on standard output")
    asked = parser.parse_args()
    return tell(lambda: coverage(tuple(asked.parts or PARTS), asked.worlds), asked.json)


if __name__ == "__main__":
    sys.exit(main())
