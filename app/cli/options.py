"""Options that every command shares, and the one way an answer leaves a command."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from domain.errors import WorkspaceError

if TYPE_CHECKING:
    from rich.console import Console

    from app.compose import House

WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        "-w",
        envvar="CLEARANCE_WORKSPACE",
        help="The workspace's folder; default: the current folder where it holds clearance.toml.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON with documented keys.")]
WIDTH = 100


def console() -> "Console":
    """A console no wider than a hundred columns."""
    from rich.console import Console

    wide = int(os.environ.get("COLUMNS", WIDTH))
    return Console(width=min(WIDTH, wide), highlight=False)


def open_house(workspace: Path | None) -> "House":
    """The workspace, opened. Raises WorkspaceError where there is none."""
    from app.compose import open_house

    folder = workspace or Path.cwd()
    if not (folder / "clearance.toml").exists():
        raise WorkspaceError(
            f"{folder} is no workspace: it holds no clearance.toml.",
            "Make one with `clearance init DIR --sample company`, or name one with "
            "`--workspace DIR`.",
        )
    return open_house(folder)


def answer(data: dict[str, Any], as_json: bool, show: Callable[["Console"], None]) -> None:
    """Print the answer as JSON, or let `show` write it for people."""
    if as_json:
        json.dump(data, sys.stdout, indent=2, default=str, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        show(console())
