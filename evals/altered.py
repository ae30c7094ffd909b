"""Problems altered as a clash certificate says: with some rules alone, or after its changes.

Shares no code with the certificate's, so that a mistake there does not excuse itself here.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import polars as pl

from graph.arbitration.certificate import Change
from graph.arbitration.problem import CampaignLimit, Problem, ResourceLimit

FREE = 100_000.0
"""Half of what a campaign may spend without its step; more than any of these problems asks."""


def only(problem: Problem, kept: Collection[tuple[str, int]]) -> Problem:
    """The problem with these rules alone, by kind and place."""
    limits, frame, remaining = problem.limits, problem.candidates, problem.remaining
    caps = []
    for place, cap in enumerate(limits.caps):
        top = cap.at_most if ("cap", place) in kept else frame.height
        caps.append(cap.model_copy(update={"at_most": top}))
        if ("remaining", place) not in kept:
            remaining = remaining.filter(pl.col("cap") != cap.name)
    if ("bundles", 0) not in kept:
        frame = frame.with_columns(bundle=pl.lit(None, dtype=pl.String))

    def some(kind: str, items: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(one for place, one in enumerate(items) if (kind, place) in kept)

    return _with(
        replace(problem, candidates=frame, remaining=remaining),
        caps=tuple(caps),
        alternatives=some("alternatives", limits.alternatives),
        exclusions=some("exclusion", limits.exclusions),
        requires=some("requires", limits.requires),
        spacing_hours=some("spacing", limits.spacing_hours),
        resources=tuple(_resource(i, one, kept) for i, one in enumerate(limits.resources)),
        campaigns=tuple(_campaign(i, one, kept) for i, one in enumerate(limits.campaigns)),
    )


def after(problem: Problem, changes: Collection[Change], share: float = 1.0) -> Problem:
    """The problem after changes, or after a share of their amounts."""
    for change in changes:
        problem = _changed(problem, change, share)
    return problem


def _with(problem: Problem, **limits: Any) -> Problem:
    return replace(problem, limits=problem.limits.model_copy(update=limits))


def _resource(place: int, one: ResourceLimit, kept: Collection[tuple[str, int]]) -> ResourceLimit:
    """Without a minimum's price ceiling, which makes it no rule, nothing is asked."""
    return ResourceLimit(
        name=one.name,
        at_most=one.at_most if ("at_most", place) in kept else None,
        at_least=one.at_least if ("at_least", place) in kept else None,
        at_most_share=one.at_most_share if ("share", place) in kept else None,
    )


def _campaign(place: int, one: CampaignLimit, kept: Collection[tuple[str, int]]) -> CampaignLimit:
    if ("step", place) in kept:
        return one
    return one.model_copy(update={"now": FREE, "max_step": 1.0})


def _changed(problem: Problem, change: Change, share: float) -> Problem:
    rule, place, limits = change.rule, change.rule.place, problem.limits
    if change.by is None:
        return only(problem, _all(problem) - {(rule.kind, place)})
    moved = change.by * share
    if rule.kind == "remaining":
        more = pl.col("remaining") + int(moved) * (pl.col("cap") == rule.name).cast(pl.Int64)
        return replace(problem, remaining=problem.remaining.with_columns(more))
    assert rule.amount is not None
    amount = rule.amount + moved * (-1 if rule.kind in ("at_least", "spacing") else 1)

    def put(name: str, items: tuple[Any, ...], one: Any) -> Problem:
        return _with(problem, **{name: (*items[:place], one, *items[place + 1 :])})

    match rule.kind:
        case "cap":
            cap = limits.caps[place].model_copy(update={"at_most": int(amount)})
            return put("caps", limits.caps, cap)
        case "spacing":
            spacing = (*limits.spacing_hours[place][:2], amount)
            return put("spacing_hours", limits.spacing_hours, spacing)
        case "step":
            campaign = limits.campaigns[place].model_copy(update={"max_step": amount})
            return put("campaigns", limits.campaigns, campaign)
        case "share":
            resource = limits.resources[place]
            assert resource.at_most_share is not None
            wider = resource.at_most_share.model_copy(update={"share": amount})
            resource = resource.model_copy(update={"at_most_share": wider})
        case kind:
            resource = limits.resources[place].model_copy(update={kind: amount})
    return put("resources", limits.resources, resource)


def _all(problem: Problem) -> set[tuple[str, int]]:
    """Every kind at every place there may be."""
    limits = problem.limits
    sizes = {
        "cap": len(limits.caps),
        "remaining": len(limits.caps),
        "alternatives": len(limits.alternatives),
        "exclusion": len(limits.exclusions),
        "requires": len(limits.requires),
        "spacing": len(limits.spacing_hours),
        "bundles": 1,
        "at_most": len(limits.resources),
        "share": len(limits.resources),
        "step": len(limits.campaigns),
    }
    found = {(kind, place) for kind, size in sizes.items() for place in range(size)}
    hard = [i for i, one in enumerate(limits.resources) if one.ceiling is None]
    return found | {("at_least", place) for place in hard}
