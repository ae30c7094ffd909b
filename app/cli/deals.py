"""`deals`: which open deals may be won, by which step, and whose minutes are short."""

from typing import Annotated

import typer

from app.cli.options import JsonOption, WorkspaceOption, answer, open_house


def register(cli: typer.Typer) -> None:
    cli.command("deals")(deals)


def deals(
    horizon_days: Annotated[
        int, typer.Option("--days", help="Won within how many days; at least 7.")
    ] = 90,
    owner: Annotated[str | None, typer.Option("--owner", help="One person's deals alone.")] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open deals by chance to win times amount, the step that goes with it, people's minutes.

    Each figure has its interval, and says on how much it rests. Nothing changes.

    Example: clearance deals

    Example: clearance deals --days 30 --owner anna --json
    """
    from app.deal_desk import deals_told
    from app.story.deals import show_deals

    data = deals_told(open_house(workspace), horizon_days, owner)
    answer(data, as_json, lambda out: show_deals(out, data))
