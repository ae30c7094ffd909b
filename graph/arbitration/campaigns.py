"""Campaigns: how much each spends at a price, and at which price all of them fit."""

import numpy as np

from graph.arbitration.compiled import Floats
from graph.arbitration.problem import CampaignLimit
from graph.arbitration.rows import Rows

TOLERANCE = 1e-7
HALVINGS = 80


def campaign_term(campaign: CampaignLimit, spend: float) -> float:
    """What a campaign's spend brings net of itself, minor units."""
    return float(campaign.curve.value(spend)) - spend


def best_spend(campaign: CampaignLimit, price: float) -> float:
    """The spend within the step whose next unit brings what it costs: slope = 1 + price."""
    low, high = campaign.least, campaign.most
    if campaign.curve.slope(high) >= 1 + price:
        return high
    if campaign.curve.slope(low) <= 1 + price:
        return low
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if campaign.curve.slope(middle) > 1 + price:
            low = middle
        else:
            high = middle
    return low


def best_spends(rows: Rows, prices: Floats) -> tuple[Floats, float]:
    """Every campaign's best spend at the limits' prices, and their worth less what they pay."""
    rates = rows.rates(prices)[rows.column]
    spends = [best_spend(one, rate) for one, rate in zip(rows.campaigns, rates, strict=True)]
    worth = sum(
        campaign_term(one, spend) - rate * spend
        for one, spend, rate in zip(rows.campaigns, spends, rates, strict=True)
    )
    return np.asarray(spends, dtype=np.float64), float(worth)


def funded(rows: Rows, prices: Floats, left: Floats, spends: Floats) -> Floats:
    """Spends as high as what the touches leave allows, resource by resource.

    left: of each limit after `spends`. One price serves all campaigns of a resource (equal slopes
    are the optimum of concave curves); the lowest price, from zero or from the resource's own
    price where a minimum makes that negative, at which its maxima hold. Where none does, every
    campaign stands at its least and the maximum stays exceeded.
    """
    spends = spends.copy()
    rates = rows.rates(prices)
    for column in np.unique(rows.column):
        mine = np.flatnonzero(rows.column == column)
        weight = rows.weights[[int(column)]].toarray().ravel()
        # a share limit that spending relieves is no reason to spend less
        capped = np.flatnonzero((weight > 0) & ~rows.minimum)
        room = float(np.min(left[capped] / weight[capped])) if len(capped) else np.inf
        fitting = _at_one_price(rows, mine, spends[mine].sum() + room, min(0.0, rates[column]))
        left = left - weight * (fitting.sum() - spends[mine].sum())
        spends[mine] = fitting
    return spends


def _at_one_price(
    rows: Rows, places: np.typing.NDArray[np.int64], room: float, low: float
) -> Floats:
    def at(price: float) -> Floats:
        return np.array([best_spend(rows.campaigns[i], price) for i in places])

    if at(low).sum() <= room:
        return at(low)
    least = np.array([rows.campaigns[i].least for i in places])
    high = max(1.0, low + 1.0)
    while at(high).sum() > max(room, least.sum()) and np.isfinite(high):
        high *= 2
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if at(middle).sum() <= room else (middle, high)
    return at(high)


def bend(rows: Rows, rates: Floats) -> Floats:
    """How much less each campaign spends for one more unit of price, at these rates.

    The curve's slope falls by its second derivative: ds/dprice = 1 / curve''(s), measured over a
    thousandth of its step; zero at an edge of the step.
    """
    found = np.zeros(len(rows.campaigns))
    for place, (one, rate) in enumerate(zip(rows.campaigns, rates, strict=True)):
        spend, width = best_spend(one, rate), 1e-3 * max(one.most - one.least, 1e-9)
        if one.least < spend - width and spend + width < one.most:
            fall = one.curve.slope(spend - width) - one.curve.slope(spend + width)
            found[place] = 2 * width / max(fall, 1e-12)
    return found
