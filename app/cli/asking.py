"""`chat`: talk with the meta-agent."""

from typing import Annotated

import typer

from app.cli.options import JsonOption, WorkspaceOption, answer, open_house


def register(cli: typer.Typer) -> None:
    cli.command("chat")(chat)


def chat(
    message: Annotated[
        str | None, typer.Option("--message", "-m", help="Ask once; without it, a conversation.")
    ] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask the meta-agent: status, why, what is waiting, what if a cap were 2, pause an agent.

    It reads everything and can pause; it cannot approve, send or loosen.

    Example: clearance chat -m "what if the cap were 2"
    """
    from app.conversing import Conversation, converse

    house = open_house(workspace)
    if message is None:
        converse(house)
        return
    said = Conversation.of(house).ask(message)
    answer(said.as_dict(), as_json, lambda out: out.print(said.text))
