"""The model desk: which versions decide, which challenge, and putting another in force."""

from typing import TYPE_CHECKING, Any

from app.review_desk import roles_of
from domain.errors import RefusedError, UsageError
from graph.modelling import artefacts_of, challenging
from tools.ledger import model_versions
from tools.ledger.model_rows import ModelVersionRow
from tools.ledger.model_versions import SENTENCES
from tools.prediction.family import FAMILIES, SAID
from tools.prediction.registry.gates import Check, checks
from tools.prediction.registry.versions import Compared, Version

if TYPE_CHECKING:
    from app.compose import House


def listing(house: "House", *, every: bool = False) -> dict[str, Any]:
    """Champions and challengers by name; with `every` those that retired, too."""
    with house.tower.ledger.read() as session:
        rows = [
            _line(house, row)
            for row in model_versions.listed(session)
            if every or row.state in ("champion", "challenger")
        ]
    return {"challenging": list(challenging(house.tower)), "versions": rows}


def shown(house: "House", version_id: str) -> dict[str, Any]:
    """All that is known of a version, how it compares, and what stands against promoting it."""
    row = _row(house, version_id)
    compared = _compared(row)
    return {
        **_line(house, row),
        **Version.model_validate_json(row.said).model_dump(
            mode="json", exclude={"version_id", "name", "family", "rows"}
        ),
        "compared": None if compared is None else compared.model_dump(mode="json"),
        "checks": _checks(house, compared),
        "proposed_by": row.proposed_by,
        "changed_by": row.changed_by,
        "changed_at": row.changed_at.isoformat(),
    }


def challenge(house: "House", family: str, person: str, *, stop: bool = False) -> dict[str, Any]:
    """Have a family fitted and judged beside the champions in each run from now on, or no more."""
    _expect_reviewer(house, person)
    if family not in FAMILIES:
        raise UsageError(
            f"Expected a family of models, one of {', '.join(FAMILIES)}, found {family!r}."
        )
    with house.tower.ledger.write() as session:
        told = {*model_versions.challengers(session)}
        wanted = told - {family} if stop else told | {family}
        model_versions.set_challengers(session, sorted(wanted), person, house.tower.clock.now())
    now = list(challenging(house.tower))
    said = f"{family} ({SAID[family]}) is fitted and judged beside the champions in each run."
    if stop:
        said = f"{family} challenges no more."
        if family in now:
            said = f"{family} stands in clearance.toml ([models] challengers); take it out there."
    return {"challenging": now, "sentence": said}


def promote(house: "House", version_id: str, person: str) -> dict[str, Any]:
    """Propose a challenger, or as the second person put it in force. `accepted` is false where it
    is not, with each check that failed, its figure and its bound."""
    _expect_reviewer(house, person)
    row = _row(house, version_id)
    compared = _compared(row)
    if row.state != "challenger" or compared is None:
        return _refused(SENTENCES["no_challenger"], "no_challenger", [])
    found = _checks(house, compared)
    failed = [one for one in found if not one["ok"]]
    if failed:
        return _refused(" ".join(_says(one) for one in failed), "checks", found)
    now = house.tower.clock.now()
    with house.tower.ledger.write() as session:
        became = model_versions.promote(session, version_id, person, now, compared.against)
        state = became.state if isinstance(became, ModelVersionRow) else None
    if became == "proposed":
        said = f"{version_id} waits: somebody else may `clearance models promote {version_id}`."
        return {"accepted": True, "state": "proposed", "checks": found, "sentence": said}
    if state is None:
        why: Any = became
        return _refused(SENTENCES[why], why, found)
    said = f"{version_id} decides {row.name} in every run that begins from now on."
    return {"accepted": True, "state": state, "checks": found, "sentence": said}


def roll_back(house: "House", name: str, to: str | None, person: str) -> dict[str, Any]:
    """Have an earlier champion decide again, as it was fitted. Its file is read first: one that is
    gone, or not ours, comes into force nowhere."""
    _expect_reviewer(house, person)
    now = house.tower.clock.now()
    with house.tower.ledger.write() as session:
        became = model_versions.roll_back(session, name, to, person, now)
        if not isinstance(became, ModelVersionRow):
            return _refused(SENTENCES[became], became, [])
        artefacts_of(house.tower).load(became.version_id, became.artefact_hash)
        version_id, family = became.version_id, became.family
    said = (
        f"{version_id} ({family}) decides {name} again, as it was fitted, in every run that begins "
        "from now on, until a challenger is promoted."
    )
    return {"accepted": True, "version_id": version_id, "sentence": said}


def _refused(sentence: str, reason: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    return {"accepted": False, "reason": reason, "checks": found, "sentence": sentence}


def _row(house: "House", version_id: str) -> ModelVersionRow:
    with house.tower.ledger.read() as session:
        row = model_versions.find(session, version_id)
        if row is None:
            raise RefusedError(
                f"There is no version {version_id}.", "See `clearance models list --all`."
            )
        session.expunge(row)
        return row


def _compared(row: ModelVersionRow) -> Compared | None:
    return None if row.compared is None else Compared.model_validate_json(row.compared)


def _checks(house: "House", compared: Compared | None) -> list[dict[str, Any]]:
    if compared is None:
        return []
    bounds = house.tower.config.models
    return [one.model_dump(mode="json") for one in checks(compared, bounds)]


def _says(check: dict[str, Any]) -> str:
    """A failed check as a sentence: which, its figure, its bound."""
    one = Check(**check)
    if one.figure is None or one.bound is None:
        return f"Refused by {one.name}: {one.words}."
    return f"Refused by {one.name}: {one.words} {one.bound:.4g}, found {one.figure:.4g}."


def _line(house: "House", row: ModelVersionRow) -> dict[str, Any]:
    version = Version.model_validate_json(row.said)
    metrics = {one.name: {"value": one.value, "se": one.se} for one in version.metrics}
    return {
        "version_id": row.version_id,
        "name": row.name,
        "family": row.family,
        "state": row.state,
        "held": row.held,
        "evidence": version.card.evidence,
        "rows": row.rows,
        "outcomes": version.outcomes,
        "run_id": row.run_id,
        "at": row.at.isoformat(),
        "scores": metrics,
        "file": "kept" if artefacts_of(house.tower).has(row.version_id) else "forgotten",
    }


def _expect_reviewer(house: "House", person: str) -> None:
    if "reviewer" not in roles_of(house, person):
        raise RefusedError(f"{person} is no reviewer of this workspace.", "Use --as REVIEWER.")
