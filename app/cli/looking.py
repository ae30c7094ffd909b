"""`status`, `explain`, `conflicts`, `prices`, `proposals`: reading, never changing."""

from typing import Annotated

import typer

from app.cli.options import JsonOption, WorkspaceOption, answer, console, open_house

RunId = Annotated[
    str | None, typer.Argument(help="The run; default: the newest.", show_default=False)
]


def register(cli: typer.Typer) -> None:
    cli.command("status")(status)
    cli.command("explain")(explain)
    cli.command("conflicts")(conflicts)
    cli.command("prices")(prices)
    cli.command("proposals")(proposals)


def status(
    run_id: RunId = None, workspace: WorkspaceOption = None, as_json: JsonOption = False
) -> None:
    """How the proposals of a run stand now, by agent and by fate.

    Example: clearance status
    """
    from app.reading import status as read
    from app.story.run_report import show_status

    house = open_house(workspace)
    data = read(house, run_id, house.storage.look())
    answer(data, as_json, lambda out: show_status(out, data))


def explain(
    subject: Annotated[str, typer.Argument(help="A decision's id, a contact, or an e-mail.")],
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Why something was done, refused, withheld or lost: factors, winner, limits, what flips it.

    For a decision's id, the smallest change that flips it is confirmed by solving its run again,
    and recorded beside the run. Nothing else changes.

    Example: clearance explain C00042
    """
    from app.explaining import explain as read
    from app.story.receipts import show_receipts

    house = open_house(workspace)
    with console().status("Making changes and solving the run again ..."):
        data = read(house, subject)
    answer(data, as_json, lambda out: show_receipts(out, data))


def conflicts(
    run_id: RunId = None, workspace: WorkspaceOption = None, as_json: JsonOption = False
) -> None:
    """Every conflict of a run by type: people affected, value at stake, how it was resolved.

    Example: clearance conflicts
    """
    from app.reading import conflicts as read
    from app.story.tables import show_conflicts

    house = open_house(workspace)
    data = read(house, run_id)
    answer(data, as_json, lambda out: show_conflicts(out, data))


def prices(
    run_id: RunId = None, workspace: WorkspaceOption = None, as_json: JsonOption = False
) -> None:
    """What each limit costs a week and what one more unit would bring, with owner and last review.

    Dearest first; found by solving the run again without each limit in turn.

    Example: clearance prices
    """
    from app.pricing import price_list
    from app.story.tables import show_prices

    house = open_house(workspace)
    with console().status("Solving again without each limit in turn ..."):
        data = price_list(house, run_id)
    answer(data, as_json, lambda out: show_prices(out, data))


def proposals(
    run_id: RunId = None, workspace: WorkspaceOption = None, as_json: JsonOption = False
) -> None:
    """Programme proposals the agents' strategists filed: what they would change, and why.

    Example: clearance proposals
    """
    from app.reading import proposals as read
    from app.story.tables import show_proposals

    house = open_house(workspace)
    data = read(house, run_id)
    answer(data, as_json, lambda out: show_proposals(out, data))
