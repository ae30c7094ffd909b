"""Altering: the same problem with one rule eased, or with rules left out."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import polars as pl

from graph.arbitration.problem import CapLimit, Problem, ResourceLimit
from graph.arbitration.program.rules import Rule, RuleKind


def given(problem: Problem, rule: Rule, by: float) -> Problem:
    """The problem in which one rule gives way by so much."""
    limits = problem.limits
    match rule.kind:
        case "cap":
            caps = list(limits.caps)
            wider = caps[rule.place].at_most + round(by)
            caps[rule.place] = caps[rule.place].model_copy(update={"at_most": wider})
            change: dict[str, Any] = {"caps": tuple(caps)}
        case "remaining":
            more = pl.col("remaining") + pl.when(pl.col("cap") == rule.name).then(
                round(by)
            ).otherwise(0)
            return replace(problem, remaining=problem.remaining.with_columns(remaining=more))
        case "spacing":
            spacing = list(limits.spacing_hours)
            one, other, hours = spacing[rule.place]
            spacing[rule.place] = (one, other, max(0.0, hours - by))
            change = {"spacing_hours": tuple(spacing)}
        case "step":
            campaigns = list(limits.campaigns)
            step = min(1.0, campaigns[rule.place].max_step + by)
            campaigns[rule.place] = campaigns[rule.place].model_copy(update={"max_step": step})
            change = {"campaigns": tuple(campaigns)}
        case "at_most" | "at_least" | "share":
            resources = list(limits.resources)
            resources[rule.place] = _eased(resources[rule.place], rule.kind, by)
            change = {"resources": tuple(resources)}
        case _:
            raise ValueError(f"A rule of kind {rule.kind} has no amount to give.")
    return replace(problem, limits=limits.model_copy(update=change))


def _eased(one: ResourceLimit, kind: RuleKind, by: float) -> ResourceLimit:
    if kind == "at_most":
        return one.model_copy(update={"at_most": (one.at_most or 0.0) + by})
    if kind == "at_least":
        return one.model_copy(update={"at_least": max(0.0, (one.at_least or 0.0) - by)})
    assert one.at_most_share is not None
    share = min(1.0, one.at_most_share.share + by)
    wider = one.at_most_share.model_copy(update={"share": share})
    return one.model_copy(update={"at_most_share": wider})


def without(problem: Problem, rules: Collection[Rule]) -> Problem:
    """The problem without these rules.

    A campaign's step can't be left out of a problem; it gets the widest there is, so that a plan of
    the answer is one without the step, but not the other way round.
    """
    gone = {(rule.kind, rule.place) for rule in rules}

    def kept(kind: RuleKind, items: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(one for place, one in enumerate(items) if (kind, place) not in gone)

    limits, frame = problem.limits, problem.candidates
    resources = tuple(
        _stripped(one, {kind for kind, at in gone if at == place})
        for place, one in enumerate(limits.resources)
    )
    campaigns = tuple(
        one.model_copy(update={"max_step": 1.0}) if ("step", place) in gone else one
        for place, one in enumerate(limits.campaigns)
    )
    change = {
        "caps": _caps(problem, gone),
        "alternatives": kept("alternatives", limits.alternatives),
        "exclusions": kept("exclusion", limits.exclusions),
        "requires": kept("requires", limits.requires),
        "spacing_hours": kept("spacing", limits.spacing_hours),
        "resources": resources,
        "campaigns": campaigns,
    }
    freed = [rule.name for rule in rules if rule.kind == "remaining"]
    return replace(
        problem,
        candidates=frame.drop("bundle") if ("bundles", 0) in gone else frame,
        remaining=problem.remaining.filter(~pl.col("cap").is_in(freed)),
        limits=limits.model_copy(update=change),
    )


def _caps(problem: Problem, gone: Collection[tuple[RuleKind, int]]) -> tuple[CapLimit, ...]:
    """A cap that is left out still counts where what remains of it is a rule that stays."""
    known = set(problem.remaining.get_column("cap"))
    every = problem.candidates.height
    return tuple(
        one.model_copy(update={"at_most": every}) if ("cap", place) in gone else one
        for place, one in enumerate(problem.limits.caps)
        if ("cap", place) not in gone or (one.name in known and ("remaining", place) not in gone)
    )


def _stripped(one: ResourceLimit, gone: Collection[RuleKind]) -> ResourceLimit:
    change: dict[str, Any] = {}
    if "at_most" in gone:
        change["at_most"] = None
    if "at_least" in gone:
        change["at_least"] = None
    if "share" in gone:
        change["at_most_share"] = None
    return one.model_copy(update=change)
