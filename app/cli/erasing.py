"""`erase`, `purge`: a person goes, by a word or by the calendar, and stays suppressed."""

from typing import Annotated

import typer

from app.cli.options import JsonOption, WorkspaceOption, answer, console, open_house
from domain.errors import UsageError


def register(cli: typer.Typer) -> None:
    cli.command("erase")(erase)
    cli.command("purge")(purge)


def erase(
    contact: Annotated[
        str | None, typer.Argument(help="A contact's id, or an e-mail.", show_default=False)
    ] = None,
    by: Annotated[str, typer.Option("--as", help="Who does this, for the record.")] = "operator",
    again: Annotated[
        bool, typer.Option("--again", help="Everybody erased once who came back with a backup.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Erase a person: out of ledger, warehouse, runs, checkpoints, exports and logs, for good.

    What waits for them is refused first. A keyed hash of id, address and number stays, so that
    nothing reaches them when they are imported again. Broken off, the same command goes on. Exit
    code 1 where something of them is left.

    Example: clearance erase C00042 --as olivia
    """
    from app.erasing import contacts_named, erase_again, erase_contacts

    if (contact is None) != again:
        raise UsageError("Expected either a contact or --again.")
    if as_json and not yes:
        raise UsageError("Expected --yes beside --json: nobody is there to be asked.")
    house = open_house(workspace)
    people = [] if contact is None else contacts_named(house, contact)
    if not yes:
        who = ", ".join(people) or "everybody erased before who came back"
        typer.confirm(f"Erase {who}? Nobody can bring back what is erased", abort=True)
    with console().status("Erasing ..."):
        told = erase_again(house, by) if again else erase_contacts(house, people, by)
    data = {"erased": [one.as_dict() for one in told], "done": all(one.done for one in told)}
    said = "\n".join(one.sentence for one in told) or "Nobody came back."
    answer(data, as_json, lambda out: out.print(said))
    if not data["done"]:
        raise typer.Exit(1)


def purge(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go.")] = False,
    by: Annotated[str, typer.Option("--as", help="Who does this, for the record.")] = "operator",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Purge contacts and logs whose time is over, by the retention section of clearance.toml.

    A contact goes as `clearance erase` lets one go; files of logs go whole. Without a limit
    everything is kept. Exit code 1 where something of a contact is left.

    Example: clearance purge --dry-run
    """
    from app.purging import due, purge

    if as_json and not (yes or dry_run):
        raise UsageError("Expected --yes or --dry-run beside --json: nobody is there to be asked.")
    house = open_house(workspace)
    found = due(house)
    if dry_run or not found.any:
        answer(found.as_dict(), as_json, lambda out: out.print(found.sentence))
        return
    if not yes:
        typer.confirm(f"{found.sentence} Nobody can bring it back. Go on", abort=True)
    with console().status("Purging ..."):
        told = purge(house, by)
    answer(told.as_dict(), as_json, lambda out: out.print(told.sentence))
    if not told.done:
        raise typer.Exit(1)
