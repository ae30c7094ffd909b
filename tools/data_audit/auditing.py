"""The whole audit: every check, a grade for each area and dimension."""

from typing import Any, Final

from tools.data_audit.accessibility import inaccessible, label_delay
from tools.data_audit.accuracy import inaccurate, late_answers
from tools.data_audit.completeness import consented, emptiness, missing, uncontrolled
from tools.data_audit.findings import AREAS, DIMENSIONS, Data, Finding
from tools.data_audit.leaks import LEAST_OF_EACH, leakage_findings, leaking
from tools.data_audit.purposes import purposes, unborne
from tools.data_audit.sales import overvalued

NOTHING_TO_JUDGE: Final = "-"
ROWS_OF: Final = {
    "contact behaviour": ("contacts", "touches", "outcomes", "events", "spend"),
    "account signals": ("accounts",),
    "CRM feedback": ("deals", "deal_stages"),
}


def audit(data: Data) -> dict[str, Any]:
    """Findings (worst first), grades by area and dimension, leakage and label delay.

    A grade is that of the worst finding; A where nothing was found, `-` where the area has no row
    that could be wrong. Keys as documented for `clearance audit-data --json`.
    """
    leaks, told = leaking(data), purposes(data)
    found = (
        *missing(data),
        *uncontrolled(data),
        *consented(data),
        *inaccurate(data),
        *leakage_findings(data, leaks or ()),
        *late_answers(data),
        *inaccessible(data),
        *unborne(data, told),
        *(one for one in overvalued(data) if one.found),
    )
    return {
        "at": data.at.isoformat(),
        "objective": data.objective.outcome,
        "objectives": told,
        "rows": {kind: rows.height for kind, rows in data.tables.items() if rows.height},
        "grades": {
            area: {one: _grade(data, found, area, one) for one in DIMENSIONS} for area in AREAS
        },
        "findings": [_told(one) for one in sorted(found, key=lambda one: (-one.share, one.check))],
        "leakage": {
            "looked": leaks is not None,
            "why_not": "" if leaks is not None else _too_few(data),
            "columns": [one.column.removeprefix("attr_") for one in leaks or ()],
        },
        "label_delay": label_delay(data),
        "emptiness": emptiness(data),
    }


def _too_few(data: Data) -> str:
    return (
        f"Fewer than {LEAST_OF_EACH} contacts with a {data.objective.noun}, or without one: "
        "nothing can be told of what leaks."
    )


def _grade(data: Data, found: tuple[Finding, ...], area: str, dimension: str) -> str:
    mine = [one.grade for one in found if one.area == area and one.dimension == dimension]
    if mine:
        return max(mine)
    return "A" if dimension == "completeness" or _rows(data, area) else NOTHING_TO_JUDGE


def _rows(data: Data, area: str) -> int:
    if area == "consent":
        return data.consents.height
    return sum(data.tables[kind].height for kind in ROWS_OF[area])


def _told(one: Finding) -> dict[str, Any]:
    return {**one.model_dump(mode="json"), "share": round(one.share, 4), "grade": one.grade}
