"""A run as far as its predictions, and a challenger that wants to decide."""

from sqlalchemy import update
from sqlmodel import col

from app.compose import House
from app.model_desk import challenge, listing
from domain.run import Pins
from graph.opening import open_run, pins_of
from graph.seeing import foresee, see_contacts
from tests.registry.fits import compared
from tools.ledger import model_versions
from tools.ledger.model_rows import ModelVersionRow
from tools.prediction.cards import ModelCard

SCHEDULE = "morning"


def run(house: House, slot: str) -> Pins:
    """A run as far as its predictions."""
    pins = pins_of(house.tower, open_run(house.tower, SCHEDULE, slot))
    see_contacts(house.tower, pins)
    foresee(house.tower, pins)
    return pins


def cards(house: House, pins: Pins) -> dict[str, ModelCard]:
    found = house.tower.folder(pins.run_id).read_records("model_cards", ModelCard)
    return {f"{one.outcome}/{one.channel}/{one.treatment_id}": one for one in found}


def states(house: House, name: str) -> dict[str, str]:
    with house.tower.ledger.read() as session:
        return {one.version_id: one.state for one in model_versions.listed(session, name)}


def rival(house: House, **change: object) -> tuple[str, str]:
    """A challenger `line` of some name after a run, whose comparison says what is wanted; its
    version and name."""
    challenge(house, "line", "rita")
    pins = run(house, "one")
    rows = [one for one in listing(house)["versions"] if one["state"] == "challenger"]
    version_id, name = rows[0]["version_id"], rows[0]["name"]
    with house.tower.ledger.write() as session:
        now = model_versions.champion(session, name)
        assert now is not None
        said = compared(**{"against": now.version_id, "run_id": pins.run_id, **change})
        session.execute(
            update(ModelVersionRow)
            .where(col(ModelVersionRow.version_id) == version_id)
            .values(compared=said.model_dump_json())
        )
    return version_id, name
