"""`review`: what waits for a person, and what the person says."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.options import JsonOption, WorkspaceOption, answer, open_house

As = Annotated[str, typer.Option("--as", help="Who decides: a reviewer of this workspace.")]
PacketId = Annotated[str, typer.Argument(help="The packet, as `clearance review list` names it.")]
Version = Annotated[
    int | None,
    typer.Option(help="The version you looked at; default: the newest.", show_default=False),
]
Nonce = Annotated[
    str | None,
    typer.Option(
        help="A name of this click: given again, it counts once and is answered as before.",
        show_default=False,
    ),
]
AllLike = Annotated[
    bool,
    typer.Option("--all-like", help="This packet and all that are like it: all of them or none."),
]
Seen = Annotated[
    str | None,
    typer.Option(
        help="With --all-like: the mark of the list you looked at; without it the list is shown.",
        show_default=False,
    ),
]

review = typer.Typer(
    name="review",
    help="Packets laid before people: list, show, claim, approve, edit, reject.",
    no_args_is_help=True,
)


def register(cli: typer.Typer) -> None:
    cli.add_typer(review)


@review.command("list")
def list_(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """What is waiting, most at stake first.

    Example: clearance review list
    """
    from app.review_desk import listing
    from app.story.review_pages import show_list

    data = listing(open_house(workspace))
    answer(data, as_json, lambda out: show_list(out, data))


@review.command("show")
def show(
    packet_id: PacketId, workspace: WorkspaceOption = None, as_json: JsonOption = False
) -> None:
    """One packet: what would happen, to how many, at what cost, how sure, what gave way.

    Example: clearance review show pk-1a2b3c4d5e
    """
    from app.review_desk import page
    from app.story.review_pages import show_page

    house = open_house(workspace)
    data = page(house, packet_id)
    answer(data, as_json, lambda out: show_page(out, data))


@review.command("claim")
def claim(
    packet_id: PacketId,
    by: As,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a packet in hand for a while: others can reject it, not approve or edit it.

    Example: clearance review claim pk-1a2b3c4d5e --as rita
    """
    from app.review_desk import claim as take

    data = take(open_house(workspace), packet_id, by)
    answer(data, as_json, lambda out: out.print(str(data["sentence"])))
    if not data["accepted"]:
        raise typer.Exit(1)


@review.command("approve")
def approve(
    packet_id: PacketId,
    by: As,
    version: Version = None,
    nonce: Nonce = None,
    all_like: AllLike = False,
    seen: Seen = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Approve a packet within what it shows. The policy says when it takes several people.

    Example: clearance review approve pk-1a2b3c4d5e --as rita

    All that are alike: clearance review approve --all-like pk-1a2b3c4d5e --as rita
    """
    if all_like:
        _decide_alike(packet_id, "approve", by, seen, nonce, workspace, as_json)
    else:
        _decide(packet_id, "approve", by, version, nonce, workspace, as_json)


@review.command("reject")
def reject(
    packet_id: PacketId,
    by: As,
    version: Version = None,
    nonce: Nonce = None,
    all_like: AllLike = False,
    seen: Seen = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Reject a packet: nothing of it happens, and what it held is free for the next run.

    Example: clearance review reject pk-1a2b3c4d5e --as rita
    """
    if all_like:
        _decide_alike(packet_id, "reject", by, seen, nonce, workspace, as_json)
    else:
        _decide(packet_id, "reject", by, version, nonce, workspace, as_json)


@review.command("edit")
def edit(
    packet_id: PacketId,
    by: As,
    drop_contact: Annotated[list[str] | None, typer.Option(help="Take a contact out.")] = None,
    drop_account: Annotated[list[str] | None, typer.Option(help="Take an account out.")] = None,
    at_most: Annotated[int | None, typer.Option(help="Keep only the best so many.")] = None,
    spend: Annotated[
        str | None, typer.Option(help="A budget packet: the amount instead, such as 1200.00.")
    ] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change a packet. It is judged again and needs somebody else's approval.

    Example: clearance review edit pk-1a2b3c4d5e --drop-account A0042 --as rita
    """
    from app.review_desk import edit_packet
    from app.story.review_pages import show_edit

    house = open_house(workspace)
    data = edit_packet(house, packet_id, by, drop_contact, drop_account, at_most, spend)
    answer(data, as_json, lambda out: show_edit(out, data))


def _decide(
    packet_id: str,
    verdict: str,
    by: str,
    version: int | None,
    nonce: str | None,
    workspace: Path | None,
    as_json: bool,
) -> None:
    from app.review_desk import decide
    from app.story.review_pages import show_word

    house = open_house(workspace)
    data = decide(house, packet_id, verdict, by, version, nonce)
    answer(data, as_json, lambda out: show_word(out, data))
    if not data["accepted"]:
        raise typer.Exit(1)


def _decide_alike(
    packet_id: str,
    verdict: str,
    by: str,
    seen: str | None,
    nonce: str | None,
    workspace: Path | None,
    as_json: bool,
) -> None:
    from app.alike_desk import decide_alike
    from app.story.review_pages import show_alike

    data = decide_alike(open_house(workspace), packet_id, verdict, by, seen, nonce)
    answer(data, as_json, lambda out: show_alike(out, data))
    if seen is not None and not data["accepted"]:
        raise typer.Exit(1)
