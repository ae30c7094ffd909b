"""`identity`: which contacts are one person: find, merge, split, show."""

from typing import Annotated

import typer

from app.cli.options import JsonOption, WorkspaceOption, answer, open_house
from domain.errors import UsageError

As = Annotated[str, typer.Option("--as", help="Who does this, for the record.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]

identity = typer.Typer(
    name="identity",
    help="Which contacts are one person: find, merge, split, show, accounts.",
    no_args_is_help=True,
)


def register(cli: typer.Typer) -> None:
    cli.add_typer(identity)


@identity.command("find")
def find(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Who is one person by mailbox and telephone, and who only may be. Nothing is changed.

    Example: clearance identity find
    """
    from app.identifying import finding
    from app.story.identities import show_found

    data = finding(open_house(workspace))
    answer(data, as_json, lambda out: show_found(out, data))


@identity.command("merge")
def merge(
    contacts: Annotated[
        list[str] | None,
        typer.Argument(help="Contacts who are one person; none: all that is found."),
    ] = None,
    by: As = "operator",
    yes: Yes = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Merge what `identity find` finds, or the contacts named, whatever they share.

    No row is changed: from now on they are read as one person, of whom every refusal and every
    touch of any of them counts. `clearance identity split` takes it back.

    Example: clearance identity merge --as olivia

    Example: clearance identity merge C00042 C01007 --as olivia
    """
    from app.identifying import found
    from app.identifying import merge as merge_contacts
    from app.story.identities import show_merged

    named = contacts or []
    if len(named) == 1:
        raise UsageError("Expected two contacts or more, or none for all that is found.")
    if as_json and not yes:
        raise UsageError("Expected --yes beside --json: nobody is there to be asked.")
    house = open_house(workspace)
    if not yes:
        count = len(named) - 1 if named else found(house).merges.height
        typer.confirm(f"Merge {count:,} contacts under others?", abort=True)
    data = merge_contacts(house, named, by)
    answer(data, as_json, lambda out: show_merged(out, data))


@identity.command("split")
def split(
    contact: Annotated[str, typer.Argument(help="A contact that was merged, or a survivor.")],
    because: Annotated[str, typer.Option("--because", help="Why, for the record.")],
    by: As = "operator",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take the merge of a contact back; of a survivor, every merge into its person.

    Who stands for whom is then as it was before. What was split is not found again.

    Example: clearance identity split C01007 --because "father and son" --as olivia
    """
    from app.identifying import split as split_contact
    from app.story.identities import show_split

    data = split_contact(open_house(workspace), contact, by, because)
    answer(data, as_json, lambda out: show_split(out, data))


@identity.command("show")
def show(
    contact: Annotated[str, typer.Argument(help="A contact's id.")],
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Who is one person with a contact, and what was ever merged and split of them.

    Example: clearance identity show C00042
    """
    from app.identifying import shown
    from app.story.identities import show_person

    data = shown(open_house(workspace), contact)
    answer(data, as_json, lambda out: show_person(out, data))


@identity.command("accounts")
def accounts(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Which account contacts without one seem to be of, by their company's e-mail domain.

    Accounts that share a domain are told beside it, and parents where a column `parent_id` of the
    accounts names them. Nothing is assigned.

    Example: clearance identity accounts
    """
    from app.identifying import account_graph
    from app.story.identities import show_accounts

    data = account_graph(open_house(workspace))
    answer(data, as_json, lambda out: show_accounts(out, data))
