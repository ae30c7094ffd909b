"""`features`: what is known of contacts as of an instant: list, show, check, refresh."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.options import JsonOption, WorkspaceOption, answer, console, open_house

features = typer.Typer(
    name="features",
    help="What models may know of what contacts did, each as of its instant: list, show, check.",
    no_args_is_help=True,
)


def register(cli: typer.Typer) -> None:
    cli.add_typer(features)


@features.command("list")
def list_(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Every feature that is declared: of which rows, for which purposes, whether models use it.

    Example: clearance features list
    """
    from app.featuring import listed
    from app.story.features import show_features

    data = listed(open_house(workspace))
    answer(data, as_json, lambda out: show_features(out, data))


@features.command("show")
def show(
    name: Annotated[str, typer.Argument(help="The feature, as `features list` names it.")],
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """One feature: its declaration, and the SQL that gives it on DuckDB and on Postgres.

    Example: clearance features show days_since_visit
    """
    from app.featuring import shown
    from app.story.features import show_feature

    data = shown(open_house(workspace), name)
    answer(data, as_json, lambda out: show_feature(out, data))


@features.command("check")
def check(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="Declarations; default: the workspace's features.toml.", show_default=False
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say whether declarations say all they must and no more than they may, or the first thing
    wrong, by line. Without a file also whether what clearance.toml uses is declared.

    Example: clearance features check next.toml
    """
    from app.featuring import checked
    from app.story.features import show_check

    data = checked(open_house(workspace), file)
    answer(data, as_json, lambda out: show_check(out, data))


@features.command("refresh")
def refresh(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Bring all features of all contacts up to now, into the workspace's folder `features`.

    Only contacts of whom other rows count than last time are calculated again.

    Example: clearance features refresh
    """
    from app.featuring import refreshed
    from app.story.features import show_refreshed

    house = open_house(workspace)
    with console().status("Counting ..."):
        data = refreshed(house)
    answer(data, as_json, lambda out: show_refreshed(out, data))
