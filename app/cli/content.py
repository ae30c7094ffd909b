"""`content`: which treatment is answered, by whom, and how sure that is."""

from typing import Annotated

import typer

from app.cli.options import JsonOption, WorkspaceOption, answer, open_house
from domain.errors import UsageError


def register(cli: typer.Typer) -> None:
    cli.command("content")(content)


def content(
    contact: Annotated[
        str | None, typer.Argument(help="For whom; default: a contact like the mean.")
    ] = None,
    channel: Annotated[
        str, typer.Option("--channel", help="email, sms, push, in_app, chat, call or task.")
    ] = "email",
    floor: Annotated[
        float | None,
        typer.Option("--floor", help="Also odds of a draw that gives each at least this share."),
    ] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """How likely each approved treatment is answered, given that the contact is touched.

    A new treatment starts with its theme's chance. Seen, not caused: whether to touch at all is
    another question, and a run does not value by it. Nothing changes.

    Example: clearance content

    Example: clearance content C00042 --channel email --floor 0.02 --json
    """
    from app.content_desk import content_told
    from app.story.content import show_content
    from domain.names import CHANNELS

    if channel not in CHANNELS:
        raise UsageError(f"Expected a channel, one of {', '.join(CHANNELS)}, found {channel!r}.")
    data = content_told(open_house(workspace), channel, contact, floor)
    answer(data, as_json, lambda out: show_content(out, data))
