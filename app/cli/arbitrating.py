"""`arbitrate`: solve a problem that lies in a folder, with no workspace."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.options import JsonOption, answer, console


def register(cli: typer.Typer) -> None:
    cli.command("arbitrate")(arbitrate)


def arbitrate(
    problem: Annotated[
        Path, typer.Option("--problem", help="Folder as docs/arbitration_problem.md says.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for the plan.")],
    certificate_seconds: Annotated[
        float,
        typer.Option("--certificate-seconds", min=0, help="At most so long for why there is none."),
    ] = 60.0,
    as_json: JsonOption = False,
) -> None:
    """Solve an arbitration problem from files: the plan, its prices and its proven gap.

    Exit code 1 where hard limits do not hold; then it says which rules can't hold together, and
    what would have to give way.

    Example: clearance arbitrate --problem problem --out plan --json
    """
    from app.arbitrating import arbitrate as solve
    from app.story.arbitration import show_plan

    with console().status("Arbitrating ..."):
        data = solve(problem, out, certificate_seconds)
    answer(data, as_json, lambda screen: show_plan(screen, data))
    if data["status"] == "infeasible":
        raise typer.Exit(1)
