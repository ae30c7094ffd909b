"""`python -m evals.data_audit --json`: the leads imported as a customer would, and audited.

Training rows of lead_scoring become two files, contacts with their attributes and conversions; both
come in through the import, and the audit sees what came in. Which of the columns that its README
calls leaky it names by itself is counted, and which others.
"""

import argparse
import json
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl

from domain.errors import ClearanceError
from domain.objective import Objective
from evals.scoring_data import by_number, read_leads
from tools.data_audit.auditing import audit
from tools.data_audit.findings import Data
from tools.warehouse.importing import import_file
from tools.warehouse.kinds import KINDS
from tools.warehouse.observing import observe
from tools.warehouse.store import Warehouse

LEAKY: Final = frozenset(
    (
        *("Tags", "Lead Quality", "Lead Profile", "Last Activity", "Last Notable Activity"),
        *("Asymmetrique Activity Index", "Asymmetrique Profile Index"),
        *("Asymmetrique Activity Score", "Asymmetrique Profile Score"),
    )
)
"""Written after the fact, as the README of the data says."""
KNOWN: Final = datetime(2026, 1, 5, 9, 15, tzinfo=UTC)
AT: Final = KNOWN + timedelta(days=60)
OBJECTIVE: Final = Objective(
    outcome="conversion", horizon_days=30, worth=1, currency="EUR", noun="conversion"
)


def audited(folder: Path, leads: pl.DataFrame) -> dict[str, Any]:
    """The audit of leads (contact_id, attr_*, answered) that were imported from files."""
    warehouse = Warehouse(folder / "warehouse")
    warehouse.folder.mkdir()
    for kind, rows in _files(leads).items():
        path = folder / f"{kind}.csv"
        rows.write_csv(path)
        import_file(kind, path, "EUR", warehouse, folder)
    data = Data(
        tables={kind: warehouse.table(kind) for kind in KINDS},
        consents=pl.DataFrame(schema={"contact_id": pl.String, "channel": pl.String}),
        observations=observe(warehouse, AT, "audit", 0.0, 0.0),
        channels=(),
        objectives=(OBJECTIVE,),
        at=AT,
    )
    return audit(data)


def _files(leads: pl.DataFrame) -> dict[str, pl.DataFrame]:
    known = leads.rename(
        {name: name.removeprefix("attr_") for name in leads.columns if name.startswith("attr_")}
    )
    contacts = known.drop("contact", "answered").with_columns(created_at=pl.lit(KNOWN.isoformat()))
    answered = leads.filter("answered").select(
        "contact_id",
        kind=pl.lit("conversion"),
        at=pl.lit((KNOWN + timedelta(days=10)).isoformat()),
    )
    return {"contacts": contacts, "outcomes": answered}


def main() -> int:
    """Print what the audit names. Exit code 1 where it misses a leaky column or finds no data."""
    asked = argparse.ArgumentParser(prog="python -m evals.data_audit", description=__doc__)
    asked.add_argument("--json", action="store_true", help="one JSON object")
    asked.parse_args()
    try:
        leads = read_leads()
        with tempfile.TemporaryDirectory() as folder:
            told = audited(Path(folder), leads.filter(pl.Series(~by_number(leads))))
    except ClearanceError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    named = set(told["leakage"]["columns"])
    figures = {
        "named": sorted(named & LEAKY),
        "not_named": sorted(LEAKY - named),
        "named_beside": sorted(named - LEAKY),
        "findings": [
            {key: one[key] for key in ("check", "found", "of", "words")}
            for one in told["findings"]
            if one["check"].endswith("may leak")
        ],
    }
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")
    return int(bool(figures["not_named"]))


if __name__ == "__main__":
    sys.exit(main())
