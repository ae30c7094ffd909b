"""Campaigns that run on several platforms: one curve for the whole, since one budget is set."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

from domain.curve import HillCurve
from tools.prediction.response import ResponseCurve

ALMOST_A_LINE: Final = 1.0 - 1e-6
"""A line has no half; what is this near to one is taken to bend a little."""


def whole_campaigns(curves: Iterable[ResponseCurve]) -> tuple[ResponseCurve, ...]:
    """One curve per campaign, sorted, of all its platforms together.

    A budget belongs to a campaign: that is what providers are told, what is read back, and what
    pools and quarters count. So a campaign that runs on several platforms asks once, for all of
    them, and its next unit of spend is taken to be split as today's spend is.
    """
    ordered = sorted(curves, key=lambda one: (one.campaign_id, one.platform))
    parted = groupby(ordered, key=lambda one: one.campaign_id)
    return tuple(_whole(tuple(parts)) for _, parts in parted)


def _whole(parts: Sequence[ResponseCurve]) -> ResponseCurve:
    """Platforms that spend nothing now take no part of the next unit, unless none does. Standard
    errors are added up: what one fit gets wrong of one platform it may get wrong of all."""
    if len(parts) == 1:
        return parts[0]
    spending = [one for one in parts if one.spend_now > 0] or list(parts)
    models = list(dict.fromkeys(one.model for one in spending))
    priors = [one for one in spending if one.evidence == "prior"]
    return ResponseCurve(
        parts[0].campaign_id,
        " and ".join(one.platform for one in parts),
        sum(one.spend_now for one in parts),
        _together(spending),
        sum(one.value_se for one in spending),
        (sum(one.interval[0] for one in spending), sum(one.interval[1] for one in spending)),
        "prior" if priors else "measured",
        ", ".join(models),
        " ".join(f"On {one.platform}: {one.words}" for one in parts),
    )


def _together(parts: Sequence[ResponseCurve]) -> HillCurve:
    """The Hill curve of shape 1 with the sum's value and slope at today's spend, split as today.

    With q = spend * slope / value, which is below 1 for what is concave and not a line, they give
    half = spend * q / (1 - q) and scale = value / (1 - q).
    """
    spends = [float(one.spend_now) or one.curve.half for one in parts]
    spend = sum(spends)
    pairs = list(zip(parts, spends, strict=True))
    value = sum(float(one.curve.value(at)) for one, at in pairs)
    slope = sum(one.curve.slope(at) * at / spend for one, at in pairs)
    bent = min(spend * slope / value, ALMOST_A_LINE)
    return HillCurve(scale=value / (1.0 - bent), half=spend * bent / (1.0 - bent), shape=1.0)
