"""Exposures that name nobody, ask for nothing, or contradict themselves."""

from collections.abc import Iterator

from policies.money_limits import Exposure
from policies.problem import Problem
from policies.schema import Policy


def problems(policy: Policy) -> Iterator[Problem]:
    """Each with its key and one sentence."""
    segments = {one.name for one in policy.segments}
    for place, rule in enumerate(policy.exposures):
        for key, said in (*_empty(rule), *_contradictory(rule)):
            yield Problem(("exposures", place, key), f"`exposures` {rule.name} {said}")
        if rule.segment is not None and rule.segment not in segments:
            said = f"names the segment {rule.segment}, which is not declared."
            yield Problem(("exposures", place, "segment"), f"`exposures` {rule.name} {said}")


def _empty(rule: Exposure) -> Iterator[tuple[str, str]]:
    if rule.theme is None and rule.segment is None and rule.channel is None:
        yield "theme", "counts nothing; name a `theme`, `segment` or `channel`."
    if rule.at_least is None and rule.at_most is None:
        yield "at_least", "asks for nothing; say `at_least`, `at_most` or both."


def _contradictory(rule: Exposure) -> Iterator[tuple[str, str]]:
    if rule.at_least is not None and rule.ceiling is None:
        yield "ceiling", "has a minimum; say the most a touch of it may cost: `ceiling`."
    if rule.at_least is None and rule.ceiling is not None:
        yield "ceiling", "has a ceiling and no minimum; a maximum is hard at any price."
    if rule.at_least is not None and rule.at_most is not None and rule.at_least > rule.at_most:
        yield "at_most", f"wants at least {rule.at_least} and at most {rule.at_most}."
