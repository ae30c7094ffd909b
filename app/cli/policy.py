"""`policy`: what limits are in force, what a file would change, and putting it in force."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli import policy_trying
from app.cli.options import JsonOption, WorkspaceOption, answer, open_house

As = Annotated[str, typer.Option("--as", help="Who says it: a reviewer of this workspace.")]
File = Annotated[
    Path | None,
    typer.Argument(help="The policy; default: the workspace's policy.toml.", show_default=False),
]

policy = typer.Typer(
    name="policy",
    help="The limits the business owns: what is in force, what would change, putting it in force.",
    no_args_is_help=True,
)
policy.add_typer(policy_trying.commands)


def register(cli: typer.Typer) -> None:
    cli.add_typer(policy)


@policy.command("show")
def show(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Every limit in force, with its owner, reason and date.

    Example: clearance policy show
    """
    from app.reading import limits
    from app.story.tables import show_limits

    data = limits(open_house(workspace))
    answer(data, as_json, lambda out: show_limits(out, data))


@policy.command("check")
def check(
    file: File = None,
    with_clashes: Annotated[
        bool,
        typer.Option(
            "--clashes", help="Also ask the newest run which limits can't hold together (a minute)."
        ),
    ] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say whether a policy says all it must, or the first thing wrong with it, by line.

    Remarks tell what says less, or other, than it seems to: a cap that another one keeps from ever
    being reached, a window that does not begin with the month it is called by.

    Example: clearance policy check next.toml --clashes
    """
    from app.policy_desk import CLASH_SECONDS, checked
    from app.story.policies import show_check

    data = checked(open_house(workspace), file, CLASH_SECONDS if with_clashes else None)
    answer(data, as_json, lambda out: show_check(out, data))


@policy.command("diff")
def diff(
    file: File = None,
    new: Annotated[
        Path | None,
        typer.Argument(
            help="Compare this one with FILE, and neither with what is in force.",
            show_default=False,
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """What a file would change of the policy in force, limit by limit: tighter or looser.

    With two files: what the second changes of the first; no workspace is needed.

    Example: clearance policy diff old.toml new.toml
    """
    from app.policy_desk import compared, compared_files
    from app.story.policies import show_diff

    data = (
        compared(open_house(workspace), file)
        if file is None or new is None
        else compared_files(file, new)
    )
    answer(data, as_json, lambda out: show_diff(out, data))


@policy.command("propose")
def propose(
    person: As, file: File = None, workspace: WorkspaceOption = None, as_json: JsonOption = False
) -> None:
    """Ask for a file to be put in force. It is compared with the version that is now.

    Example: clearance policy propose --as rita
    """
    from app.policy_desk import propose as ask
    from app.story.policies import show_diff

    data = ask(open_house(workspace), file, person)
    answer(data, as_json, lambda out: show_diff(out, data))


@policy.command("activate")
def activate(
    proposal: Annotated[str, typer.Argument(help="As `clearance policy history` names it.")],
    person: As,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a proposal in force, at once and for everything that was not handed over yet.

    What only tightens takes one person, what loosens a second one. Exit code 1 where it is refused.

    Example: clearance policy activate pp-3f2a91c04e --as ravi
    """
    from app.policy_desk import activate as put

    data = put(open_house(workspace), proposal, person)
    answer(data, as_json, lambda out: out.print(data["sentence"]))
    if not data["accepted"]:
        raise typer.Exit(1)


@policy.command("rollback")
def rollback(
    version: Annotated[int, typer.Argument(help="The version to go back to.", min=1)],
    person: As,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Propose an earlier version again; it is compared and activated as any other proposal.

    Example: clearance policy rollback 3 --as rita
    """
    from app.policy_desk import rollback as back
    from app.story.policies import show_diff

    data = back(open_house(workspace), version, person)
    answer(data, as_json, lambda out: show_diff(out, data))


@policy.command("history")
def history(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Every version that was in force, who put it there, and what waits to be.

    Example: clearance policy history
    """
    from app.policy_desk import history as past
    from app.story.policies import show_history

    data = past(open_house(workspace))
    answer(data, as_json, lambda out: show_history(out, data))
