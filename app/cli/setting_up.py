"""`init`, `import`, `advance`, `demo`: a workspace is made, filled, and moved through time."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from app.cli.options import JsonOption, WorkspaceOption, answer, console, open_house


def register(cli: typer.Typer) -> None:
    cli.command("init")(init)
    cli.command("import")(import_)
    cli.command("advance")(advance)
    cli.command("demo")(demo)


def init(
    directory: Annotated[Path, typer.Argument(help="The folder to make.")],
    sample: Annotated[
        Literal["company", "store", "bank"],
        typer.Option(
            help="company: made up, B2B. store: a real e-mail experiment. bank: real calls."
        ),
    ] = "company",
    as_json: JsonOption = False,
) -> None:
    """Make a workspace from a sample.

    Example: clearance init shop --sample store
    """
    from app.initialising import initialise

    with console().status("Making the sample ...") as status:
        made = initialise(directory, sample, status.update if not as_json else _silent)
    answer(
        made.as_dict(),
        as_json,
        lambda out: out.print(
            f"Made {directory}: {made.counts['contacts']:,} contacts. {made.note}\n"
            f"Next: clearance run --workspace {directory}"
        ),
    )


def import_(
    kind: Annotated[str, typer.Argument(help="contacts, touches, outcomes, ... (docs/data.md).")],
    file: Annotated[Path, typer.Argument(help="A .csv, .parquet or .jsonl file.")],
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring data in. Bad rows go to quarantine with line number and reason; the rest loads.

    Example: clearance import contacts contacts.csv
    """
    from app.initialising import import_into

    house = open_house(workspace)
    with console().status(f"Reading {file.name} ..."):
        report = import_into(house.tower, kind, file)
    data = report.model_dump(mode="json")
    where = f" See {report.quarantine_file}." if report.quarantined else ""
    answer(
        data,
        as_json,
        lambda out: out.print(
            f"{report.read:,} rows read: {report.loaded:,} loaded, {report.unchanged:,} unchanged, "
            f"{report.quarantined:,} quarantined.{where}"
        ),
    )


def advance(
    duration: Annotated[str, typer.Argument(help="How far: 90m, 6h, 2d.")],
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Move a sample's clock, delivering what falls due on the way and bringing home outcomes.

    Example: clearance advance 1d
    """
    from app.advancing import advance as move
    from app.advancing import parse_duration

    house = open_house(workspace)
    with console().status("Moving the clock ...") as status:
        moved = move(house, parse_duration(duration), status.update if not as_json else _silent)
    answer(
        moved.as_dict(),
        as_json,
        lambda out: out.print(
            f"It is {moved.now:%A %d %B %Y, %H:%M} UTC. Delivered {moved.delivered.accepted:,}, "
            f"stopped at the door {moved.delivered.skipped:,}, outcomes in {moved.outcomes:,}, "
            f"reviews expired {moved.expired:,}."
        ),
    )


def demo(
    workspace: Annotated[
        Path, typer.Option("--workspace", "-w", help="Where the sample lives; made if missing.")
    ] = Path(".demo/company"),
) -> None:
    """Tell the story of one cycle on the made-up company, from collision to outcome."""
    from app.story.demo import tell

    tell(workspace, console())


def _silent(_: str) -> None:
    return None
