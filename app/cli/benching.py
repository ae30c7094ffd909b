"""`bench`: time and test the tower on made-up work."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.options import JsonOption, answer, console

bench = typer.Typer(
    name="bench",
    help="Time and test the tower: store, arbitration, receipts.",
    no_args_is_help=True,
)


def register(cli: typer.Typer) -> None:
    cli.add_typer(bench)


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
