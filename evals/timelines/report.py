"""What many timelines came to: asked, allowed, refused, and what the checker found."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from evals.timelines.checker import violations
from evals.timelines.drawing import Drawn, draw
from evals.timelines.happened import Home, Other, Reply, Sent, Statement
from evals.timelines.living import Lived, live
from evals.timelines.rules import EVERY, Rules
from evals.timelines.ruling import Bug

BATCH: Final = 5_000
"""Timelines that are lived in one table."""


@dataclass
class Report:
    """refused: findings by reason, at the asking and at the door; one ask may have several.
    bound: how often each named limit stood against an ask."""

    timelines: int = 0
    asked: int = 0
    allowed: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    bound: Counter[str] = field(default_factory=Counter)
    violations: Counter[str] = field(default_factory=Counter)

    @property
    def broken(self) -> bool:
        return bool(self.violations)

    def as_dict(self) -> dict[str, Any]:
        return {
            "timelines": self.timelines,
            "asked": self.asked,
            "allowed": self.allowed,
            "refused": dict(self.refused.most_common()),
            "bound": dict(self.bound.most_common()),
            "violations": self.violations.total(),
            "violated": dict(self.violations),
        }


def run(timelines: int, seed: int, bug: Bug | None = None, batch: int = BATCH) -> Report:
    """Draw, live and check so many, in batches that take turns with dates and rules."""
    report = Report()
    while report.timelines < timelines:
        count = min(batch, timelines - report.timelines)
        number = seed + report.timelines // batch
        # 16 batches have every turn of the clocks under both sets of rules
        rules = EVERY[(number // 8 + number) % len(EVERY)]
        drawn = draw(count, number)
        lived = live(drawn, rules, bug)
        report.timelines += count
        report.asked += lived.asked
        report.allowed += lived.sent.height
        report.refused += lived.refused
        report.bound += lived.bound
        report.violations += check(rules, drawn, lived)
    return report


def check(rules: Rules, drawn: Drawn, lived: Lived) -> Counter[str]:
    """What was sent, as the checker reads it."""
    said: dict[str, list[Statement]] = {}
    told = drawn.said.select("contact_id", "channel", "state", "at", "expires_at")
    for contact, *rest in told.iter_rows():
        said.setdefault(contact, []).append(Statement(*rest))
    places = drawn.people.select("contact_id", "country", "timezone")
    homes = {contact: Home(country, zone) for contact, country, zone in places.iter_rows()}
    others = drawn.others.select("contact_id", "account_id", "channel", pl.col("at"))
    return violations(
        rules,
        [Sent(*row) for row in lived.sent.iter_rows()],
        [Other(*row) for row in others.iter_rows()],
        [Reply(*row) for row in drawn.replies.iter_rows()],
        said,
        homes,
    )
