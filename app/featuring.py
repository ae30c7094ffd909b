"""What the commands about features answer: what is declared, what it says, what it is of whom."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from domain.errors import UsageError
from graph.featuring import features_in_use
from tools.warehouse.features.compiling import compiled, in_dialect
from tools.warehouse.features.declaring import Feature, all_features

if TYPE_CHECKING:
    from app.compose import House


def listed(house: "House") -> dict[str, Any]:
    """Every feature that is declared, and whether models use it."""
    used = {one.name for one in features_in_use(house.tower)}
    found = all_features(house.tower.workspace.features_file)
    return {"features": [_said(one, one.name in used) for one in found]}


def shown(house: "House", name: str) -> dict[str, Any]:
    """One feature with the statement that gives it, on either engine. Raises UsageError where
    there is none."""
    found = all_features(house.tower.workspace.features_file)
    one = next((each for each in found if each.name == name), None)
    if one is None:
        raise UsageError(
            f"There is no feature `{name}`.", "`clearance features list` tells those there are."
        )
    (statement,) = (each.statement for each in compiled([one]))
    used = name in {each.name for each in features_in_use(house.tower)}
    return _said(one, used) | {
        "duckdb": statement,
        "postgres": in_dialect(statement, "postgres"),
    }


def checked(house: "House", file: Path | None) -> dict[str, Any]:
    """How many features a file declares. Raises ConfigurationError with the first thing wrong, by
    line; a missing file is wrong only where somebody named it."""
    place = file or house.tower.workspace.features_file
    if file is not None and not file.exists():
        raise UsageError(f"There is no file {file}.")
    found = all_features(place)
    used = features_in_use(house.tower) if file is None else ()
    return {
        "file": str(place),
        "built_in": sum(one.built_in for one in found),
        "own": sum(not one.built_in for one in found),
        "used": [one.name for one in used],
    }


def refreshed(house: "House") -> dict[str, Any]:
    """Bring all features of all contacts up to now, and say how much of it had to be done anew."""
    from tools.warehouse.features.keeping import refresh

    tower, now = house.tower, house.tower.clock.now()
    contacts = tower.warehouse.table("contacts").get_column("contact_id").sort()
    features = all_features(tower.workspace.features_file)
    done = refresh(tower.workspace.features_folder, tower.warehouse, contacts, now, features)
    return {
        "as_of": now,
        "contacts": done.contacts,
        "features": len(features),
        "calculated": done.calculated,
    }


def _said(one: Feature, used: bool) -> dict[str, Any]:
    return {
        **one.declared.model_dump(mode="json"),
        "category": one.category,
        "built_in": one.built_in,
        "used": used,
    }
