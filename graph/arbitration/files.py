"""Files: a problem as a folder, and a plan as its answer, so that anyone can compare arbiters."""

import json
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import ValidationError

from domain.errors import DataError
from graph.arbitration.plan import Plan
from graph.arbitration.problem import INSTANT, Limits, Problem, all_remaining, nothing_used

CANDIDATES: dict[str, type[pl.DataType] | pl.DataType] = {
    "candidate": pl.Int64,
    "contact": pl.Int64,
    "account": pl.Int64,
    "agent": pl.String,
    "channel": pl.String,
    "campaign": pl.String,
    "treatment": pl.String,
    "offer": pl.String,
    "class": pl.String,
    "slot": INSTANT,
    "value": pl.Float64,
    "value_se": pl.Float64,
    "bundle": pl.String,
}
"""Columns of candidates.parquet, in order; columns that rules name may follow."""


def read(folder: Path) -> Problem:
    """The problem that a folder holds (docs/arbitration_problem.md).

    Raises DataError, naming the file, where one is missing or says something else.
    """
    remaining = folder / "remaining.parquet"
    return Problem(
        candidates=_table(folder / "candidates.parquet", CANDIDATES),
        uses=_table(folder / "uses.parquet", dict(nothing_used().schema)),
        remaining=_table(remaining, dict(all_remaining().schema))
        if remaining.exists()
        else all_remaining(),
        limits=_limits(folder / "limits.json"),
    )


def write(problem: Problem, folder: Path) -> None:
    """Write the problem's four files; a column of the format that the problem lacks is null."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [
        pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in CANDIDATES.items()
        if name not in problem.candidates.columns
    ]
    candidates = problem.candidates.with_columns(missing)
    further = [name for name in candidates.columns if name not in CANDIDATES]
    candidates.select(*CANDIDATES, *further).write_parquet(folder / "candidates.parquet")
    problem.uses.write_parquet(folder / "uses.parquet")
    problem.remaining.write_parquet(folder / "remaining.parquet")
    limits = problem.limits.model_dump(mode="json", exclude_none=True)
    (folder / "limits.json").write_text(json.dumps(limits, indent=1) + "\n")


def write_plan(problem: Problem, plan: Plan, folder: Path) -> dict[str, Any]:
    """Write chosen.parquet, budgets.json and prices.json; return what the command prints."""
    folder.mkdir(parents=True, exist_ok=True)
    problem.candidates.select("candidate").with_columns(
        propensity=pl.Series(plan.propensity, nan_to_null=True),
        simulated=pl.Series(plan.simulated),
    ).filter(pl.Series(plan.chosen)).write_parquet(folder / "chosen.parquet")
    (folder / "budgets.json").write_text(json.dumps(plan.budgets, indent=1) + "\n")
    (folder / "prices.json").write_text(json.dumps(plan.prices, indent=1) + "\n")
    return {
        "value": plan.value,
        "bound": plan.bound,
        "gap": plan.gap,
        "status": plan.status,
        "violations": list(plan.violations),
        "unmet": _unmet(plan),
        "shortfalls": plan.shortfalls,
        "seconds": {**plan.seconds, "total": sum(plan.seconds.values())},
        "passes": plan.passes,
    }


def _unmet(plan: Plan) -> list[dict[str, Any]]:
    """Hard limits that do not hold: by how much, and the price of a unit that did not help."""
    draft = plan.solution.draft
    left = dict(zip(draft.field.rows.names, draft.left.tolist(), strict=True))
    return [
        {"limit": name, "by": -left[name], "price": plan.prices[name]} for name in plan.violations
    ]


def _table(file: Path, schema: dict[str, Any]) -> pl.DataFrame:
    try:
        frame = pl.read_parquet(file)
    except FileNotFoundError:
        raise DataError(
            f"{file} is missing.", "docs/arbitration_problem.md lists the files."
        ) from None
    except pl.exceptions.ComputeError:
        raise DataError(f"{file} is no Parquet file.") from None
    missing = [name for name in schema if name not in frame.columns]
    if missing:
        raise DataError(f"{file} lacks the column {', '.join(missing)}.")
    try:
        return frame.with_columns(_typed(frame.schema[name], name, schema[name]) for name in schema)
    except pl.exceptions.InvalidOperationError as error:
        first = str(error).splitlines()[0]
        raise DataError(
            f"{file} holds a value that is not of its column's type: {first}."
        ) from None


def _typed(found: pl.DataType, name: str, wanted: Any) -> pl.Expr:
    """A slot without a zone counts as UTC."""
    if wanted == INSTANT and isinstance(found, pl.Datetime) and found.time_zone is None:
        return pl.col(name).dt.replace_time_zone("UTC").cast(INSTANT)
    return pl.col(name).cast(wanted)


def _limits(file: Path) -> Limits:
    """A file means what it says and no more: without the key there are no alternatives."""
    try:
        said = json.loads(file.read_text())
        return Limits.model_validate_json(json.dumps({"alternatives": [], **_plain(said)}))
    except FileNotFoundError:
        raise DataError(f"{file} is missing.", "`{}` means no limits.") from None
    except json.JSONDecodeError as error:
        raise DataError(f"{file} is no JSON: {error}.") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DataError(f"{file}: {where}: {first['msg']}.") from None


def _plain(said: Any) -> dict[str, Any]:
    """The JSON without the curves' kind. Raises DataError for a curve of another kind."""
    if not isinstance(said, dict):
        raise DataError("Limits must be one JSON object.")
    for campaign in said.get("campaigns", []):
        kind = campaign.get("curve", {}).pop("kind", "hill")
        if kind != "hill":
            raise DataError(f"Expected a curve of kind hill, found {kind}.")
    return said
