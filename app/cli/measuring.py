"""`report`, `verify`, `export`: what happened, and the proof of it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from app.cli.options import JsonOption, WorkspaceOption, answer, open_house
from domain.errors import UsageError

report = typer.Typer(
    name="report",
    help="What happened: lift, collisions; how far the models can be believed.",
    no_args_is_help=True,
)


def register(cli: typer.Typer) -> None:
    cli.add_typer(report)
    cli.command("verify")(verify)
    cli.command("export")(export)


@report.command("lift")
def lift(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """What each treatment caused against being left alone, with 95% intervals.

    Example: clearance report lift
    """
    from app.measuring import lift_report
    from app.story.tables import show_lift

    house = open_house(workspace)
    data = lift_report(house)
    answer(data, as_json, lambda out: show_lift(out, data))


@report.command("collisions")
def collisions(
    since: Annotated[
        datetime | None, typer.Option(help="Touches from this day on (UTC); all where left out.")
    ] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """What past touches of every tool did to each other under the policy, counted and priced.

    Example: clearance report collisions --since 2026-01-01
    """
    from app.collision_report import collision_report
    from app.story.tables import show_collisions

    house = open_house(workspace)
    data = collision_report(house, since.replace(tzinfo=UTC) if since else None)
    answer(data, as_json, lambda out: show_collisions(out, data))


@report.command("models")
def models(
    html: Annotated[
        Path | None, typer.Option("--html", help="Also write the report as one page of HTML.")
    ] = None,
    pngs: Annotated[
        Path | None, typer.Option("--png", help="Also write each chart as PNG into this folder.")
    ] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """How far each model can be believed: calibration, Qini and response curves with their bands.

    Example: clearance report models --html models.html --png charts
    """
    from app.model_report import model_report
    from app.story.models import show_report

    data = model_report(open_house(workspace))
    told = {**data, **_written(data, html, pngs)}
    answer(told, as_json, lambda out: show_report(out, told))


def _written(data: dict[str, Any], html: Path | None, pngs: Path | None) -> dict[str, Any]:
    """The files asked for, written; the plotting library is loaded only for them."""
    files: list[str] = []
    if html is not None:
        from app.story.model_pages import page
        from app.story.pages import write

        write(page(data), html)
    if pngs is not None:
        from app.story.model_charts import write_pngs

        files = write_pngs(data, pngs)
    return {"html": None if html is None else str(html), "pngs": files}


def verify(
    effects: Annotated[
        Path | None, typer.Option(help="Exported effects: verify them, not a workspace.")
    ] = None,
    permits: Annotated[Path | None, typer.Option(help="With --effects: exported permits.")] = None,
    keys: Annotated[
        Path | None, typer.Option(help="With --effects: public keys, from elsewhere than these.")
    ] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check the record against itself: audit chain, permits, consents, caps, budgets, holdouts.

    With --effects, --permits and --keys anyone can prove an export (.parquet) without the
    workspace: each message that was handed over had a permit. Exit code 1 where a check fails.

    Example: clearance verify

    Example: clearance verify --effects e.parquet --permits p.parquet --keys permits.pub
    """
    from app.measuring import verify_export, verify_record
    from app.story.tables import show_findings

    if effects is None and permits is None and keys is None:
        data = verify_record(open_house(workspace))
    elif effects is None or permits is None or keys is None:
        raise UsageError("Expected --effects, --permits and --keys together.")
    else:
        data = verify_export(effects, permits, keys)
    answer(data, as_json, lambda out: show_findings(out, data))
    if not data["ok"]:
        raise typer.Exit(1)


def export(
    what: Annotated[
        Literal["effects", "permits", "consents", "touches", "holdouts", "decisions"],
        typer.Argument(help="Which record."),
    ],
    out: Annotated[Path, typer.Option("--out", help="A .csv or .parquet file.")],
    run_id: Annotated[str | None, typer.Option("--run", help="decisions: which run.")] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a record to a file, so that anyone can check it with their own code.

    Example: clearance export effects --out effects.csv
    """
    from app.exporting import export as write

    house = open_house(workspace)
    rows = write(house, what, out, run_id)
    data = {"what": what, "rows": rows, "file": str(out)}
    answer(data, as_json, lambda screen: screen.print(f"{rows:,} {what} written to {out}."))
