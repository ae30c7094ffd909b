"""`report`, `verify`, `export`, `bench`: what happened, and the proof of it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from app.cli.options import JsonOption, WorkspaceOption, answer, console, open_house
from domain.errors import UsageError

report = typer.Typer(
    name="report",
    help="What happened: lift, collisions; how far the models can be believed.",
    no_args_is_help=True,
)
bench = typer.Typer(
    name="bench",
    help="Time and test the tower: store, arbitration, receipts.",
    no_args_is_help=True,
)


def register(cli: typer.Typer) -> None:
    cli.add_typer(report)
    cli.command("verify")(verify)
    cli.command("export")(export)
    cli.add_typer(bench)


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


@bench.command("store")
def store(
    workspace: Annotated[
        Path, typer.Option("--workspace", "-w", help="A fresh folder for the sample.")
    ] = Path(".demo/bench-store"),
    as_json: JsonOption = False,
) -> None:
    """Make the store sample afresh and time one run of its 64,000 contacts.

    Example: clearance bench store --json
    """
    from app.benching import bench_store
    from app.story.tables import show_bench

    with console().status("Making the store sample ...") as status:
        data = bench_store(workspace, (lambda _: None) if as_json else status.update)
    answer(data, as_json, lambda out: show_bench(out, data))


@bench.command("arbitration")
def arbitration(
    contacts: Annotated[
        int, typer.Option("--contacts", min=1, help="How many contacts.")
    ] = 100_000,
    candidates: Annotated[int, typer.Option("--candidates", min=5, max=32, help="Of each.")] = 10,
    seed: Annotated[int, typer.Option("--seed", help="Of the problem.")] = 1,
    account_cap: Annotated[
        int | None, typer.Option("--account-cap", min=0, help="Touches an account may get.")
    ] = None,
    ads_cut: Annotated[
        float, typer.Option("--ads-cut", min=0, max=1, help="Share of the ads' money to cut.")
    ] = 0.0,
    files: Annotated[bool, typer.Option("--files", help="Go through Parquet, timed.")] = False,
    greedy: Annotated[bool, typer.Option("--greedy", help="Compare with greedy rules.")] = False,
    polished: Annotated[
        bool, typer.Option("--polished", help="Improve by an integer program, up to 20,000.")
    ] = False,
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, help="Default: one for each core.")
    ] = None,
    part: Annotated[
        int | None, typer.Option("--part", min=1_000, help="Contacts of a partition.")
    ] = None,
    cold: Annotated[bool, typer.Option("--cold", help="Time a start without cache too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Solve a problem of the benchmark family: 244 shared limits, two touches a contact.

    Exit code 1 where a rule does not hold, recomputed from the problem's frames by other code.

    Example: clearance bench arbitration --contacts 1000000 --greedy --json
    """
    from app.arbitration_bench import Bench, bench_arbitration
    from app.story.bench import show_arbitration

    asked = Bench(
        contacts,
        candidates,
        seed,
        account_cap,
        ads_cut,
        files,
        greedy,
        polished,
        threads,
        part,
        cold,
    )
    with console().status("Making the problem ...") as status:
        data = bench_arbitration(asked, (lambda _: None) if as_json else status.update)
    answer(data, as_json, lambda out: show_arbitration(out, data))
    if data["violations"]:
        raise typer.Exit(1)


@bench.command("receipts")
def receipts(
    contacts: Annotated[int, typer.Option("--contacts", min=1, help="How many contacts.")] = 5_000,
    candidates: Annotated[int, typer.Option("--candidates", min=5, max=32, help="Of each.")] = 10,
    drawn: Annotated[int, typer.Option("--receipts", min=1, help="How many to draw.")] = 200,
    seed: Annotated[int, typer.Option("--seed", help="Of the problem and the draw.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Find the smallest change that saves each of some losers, then make it and solve again.

    Exit code 1 where a change does not turn its candidate's fate, or 95% of it does as well.
    Progress goes to standard error.

    Example: clearance bench receipts --contacts 5000 --receipts 200 --seed 1 --json
    """
    from app.receipts_bench import bench_receipts
    from app.story.bench import show_receipts

    data = bench_receipts(
        contacts, candidates, drawn, seed, lambda text: typer.echo(text, err=True)
    )
    answer(data, as_json, lambda out: show_receipts(out, data))
    if data["failed"]:
        raise typer.Exit(1)


@bench.command("decide")
def decide(
    contacts: Annotated[int, typer.Option("--contacts", min=1, help="How many.")] = 5_000,
    candidates: Annotated[int, typer.Option("--candidates", min=5, max=32, help="Of each.")] = 10,
    seed: Annotated[int, typer.Option("--seed", help="Of the problem.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Time deciding one contact at a time, at the prices of a run, inside the process.

    Exit code 1 where a decision differs from what whole tables give at the same prices.

    Example: clearance bench decide --json
    """
    from app.deciding_bench import bench_deciding
    from app.story.bench import show_deciding

    with console().status("Solving, then deciding one by one ..."):
        data = bench_deciding(contacts, candidates, seed)
    answer(data, as_json, lambda out: show_deciding(out, data))
    if data["decided_otherwise_than_whole_tables"]:
        raise typer.Exit(1)


@bench.command("judge")
def judge(
    contacts: Annotated[int, typer.Option("--contacts", min=1, help="How many.")] = 100_000,
    candidates: Annotated[int, typer.Option("--candidates", min=1, max=32, help="Of each.")] = 10,
    seed: Annotated[int, typer.Option("--seed", help="Of the contacts.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Time judging every candidate of every contact against a policy of twenty limits.

    Exit code 1 where a candidate is found otherwise when it is judged alone, as at the door.

    Example: clearance bench judge --contacts 1000000 --json
    """
    from app.judging_bench import bench_judging
    from app.story.bench import show_judging

    with console().status("Making contacts ...") as status:
        data = bench_judging(
            contacts, candidates, seed, (lambda _: None) if as_json else status.update
        )
    answer(data, as_json, lambda out: show_judging(out, data))
    if data["judged_otherwise_alone"]:
        raise typer.Exit(1)
