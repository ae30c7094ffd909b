"""The registry in a run: who decides what, and filing what was fitted before anything uses it."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, cast

from domain.canonical import digest
from domain.run import Pins
from graph.tower import Tower
from tools.ledger import audit, model_versions
from tools.ledger.model_rows import ModelVersionRow
from tools.prediction.appointing import Appointed, Held
from tools.prediction.family import FAMILIES, Family
from tools.prediction.predicting import Forecast
from tools.prediction.registry import filing
from tools.prediction.registry.artefacts import Artefacts
from tools.prediction.registry.filing import Asked, Filed

KEPT: Final = 5
"""Files kept of each name's newest versions, beside those that decide or challenge; older versions
keep their row."""


def artefacts_of(tower: Tower) -> Artefacts:
    workspace = tower.workspace
    return Artefacts(workspace.models_folder, workspace.model_key_file)


def appointed(tower: Tower, pins: Pins) -> Appointed:
    """Who decides in this run, as it was pinned. Raises IntegrityError or StorageError where a held
    version's file is not what this workspace wrote: nothing is decided by another in its place."""
    return {
        one.name: _held(tower, one.version_id) if one.held else cast(Family, one.family)
        for one in pins.models
    }


def _held(tower: Tower, version_id: str) -> Held:
    with tower.ledger.read() as session:
        row = model_versions.find(session, version_id)
        expected = "" if row is None else row.artefact_hash
    return artefacts_of(tower).load(version_id, expected)


def challenging(tower: Tower) -> tuple[Family, ...]:
    """Families that challenge: of clearance.toml and those that a command named."""
    with tower.ledger.read() as session:
        told = model_versions.challengers(session)
    wanted = {*tower.config.models.challengers, *told}
    return tuple(one for one in FAMILIES if one in wanted)


def file_models(tower: Tower, pins: Pins, forecast: Forecast) -> None:
    """Note every fit of the run as a version, then how those that challenge compare. Done again
    after a crash it notes the same."""
    deciding = [filed for fit in forecast.fits for filed in filing.champions(fit)]
    by_name = {one.name: one.version_id for one in pins.models if one.held}
    by_name |= {one.version.name: one.version.version_id for one in deciding}
    rivals = [*_rivals(tower, pins, forecast, by_name)]
    kept = _keep(tower, [*deciding, *rivals])
    pinned_to = {one.name: one.version_id for one in pins.models}
    with tower.write() as session:
        states: dict[str, str] = {}
        for one in deciding:
            row = _row(one, pins, kept[one.version.version_id])
            states[row.version_id] = model_versions.file_champion(
                session, row, pinned_to.get(row.name)
            )
        for one in rivals:
            row = _row(one, pins, kept[one.version.version_id])
            states[row.version_id] = model_versions.file_challenger(session, row)
        if states:
            said = {"states": states}
            audit.append(session, pins.at, "meta-agent", "models_filed", pins.run_id, said)
    _prune(tower, {one.version.name for one in (*deciding, *rivals)})


def _rivals(
    tower: Tower, pins: Pins, forecast: Forecast, deciding: dict[str, str]
) -> Iterable[Filed]:
    declared = {one.name: one.personal for one in tower.loaded.policy.attributes}
    asked = Asked(pins.run_id, pins.at, tower.config.models.groups, declared)
    for family in challenging(tower):
        for fit in forecast.fits:
            yield from filing.challengers(fit, family, deciding, asked)


def _keep(tower: Tower, filed: Sequence[Filed]) -> dict[str, str]:
    """The hash of each version's file. One that the ledger knows was written before."""
    with tower.ledger.read() as session:
        found = [model_versions.find(session, one.version.version_id) for one in filed]
        known = {row.version_id: row.artefact_hash for row in found if row is not None}
    files = artefacts_of(tower)
    new = [one for one in filed if one.version.version_id not in known]
    return known | {one.version.version_id: files.keep(one.held) for one in new}


def _row(one: Filed, pins: Pins, artefact_hash: str) -> ModelVersionRow:
    version = one.version
    said = version.model_dump_json()
    plain: dict[str, Any] = {
        key: getattr(version, key)
        for key in ("version_id", "name", "family", "window_from", "window_to", "rows")
    }
    return ModelVersionRow(
        **plain,
        state="challenger",
        run_id=pins.run_id,
        at=pins.at,
        features_hash=version.features_hash,
        said=said,
        said_hash=digest(said),
        compared=None if one.compared is None else one.compared.model_dump_json(),
        artefact_hash=artefact_hash,
        changed_by=pins.run_id,
        changed_at=pins.at,
    )


def _prune(tower: Tower, names: set[str]) -> None:
    """Forget files of older versions that neither decide nor challenge."""
    files = artefacts_of(tower)
    with tower.ledger.read() as session:
        for name in sorted(names):
            rows = model_versions.listed(session, name)
            idle = [one for one in rows if one.state in ("retired", "rolled back")]
            for row in idle[KEPT:]:
                files.forget(row.version_id)
