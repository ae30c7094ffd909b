"""Looking at budgets before a run: what the platforms show is what its plans are set against."""

from domain.errors import ProviderError
from graph.tower import Tower
from tools.connectors.protocols import Doors
from tools.ledger import budgets_seen

CHANNEL = "ads"


def look_at_budgets(tower: Tower, doors: Doors) -> dict[str, int]:
    """Keep what the platforms show of each campaign; minor units by campaign. One that can't be
    asked, or shows none, keeps what was seen before."""
    campaigns = tower.warehouse.table("campaigns")
    if campaigns.is_empty():
        return {}
    names = campaigns.filter(campaigns["channel"] == CHANNEL)["campaign_id"].unique().sort()
    shown = {name: _shown(doors, name) for name in names}
    seen = {name: amount for name, amount in shown.items() if amount is not None}
    with tower.ledger.write() as session:
        for name, amount in seen.items():
            budgets_seen.see(session, name, amount, tower.clock.now())
    return seen


def _shown(doors: Doors, campaign_id: str) -> int | None:
    try:
        return doors.provider(CHANNEL).budget(campaign_id)
    except ProviderError:
        return None
