"""`models`: which model decides what, which challenges it, and putting another in force."""

from typing import Annotated

import typer

from app.cli.options import JsonOption, WorkspaceOption, answer, open_house

As = Annotated[str, typer.Option("--as", help="Who says it: a reviewer of this workspace.")]
VersionId = Annotated[str, typer.Argument(help="As `clearance models list` names it.")]

models = typer.Typer(
    name="models",
    help="Which model decides what: list, show, challenge, promote, rollback.",
    no_args_is_help=True,
)


def register(cli: typer.Typer) -> None:
    cli.add_typer(models)


@models.command("list")
def list_(
    every: Annotated[bool, typer.Option("--all", help="Also those that retired.")] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Champions, which decide, and challengers, which are only judged beside them.

    Example: clearance models list
    """
    from app.model_desk import listing
    from app.story.models import show_list

    data = listing(open_house(workspace), every=every)
    answer(data, as_json, lambda out: show_list(out, data))


@models.command("show")
def show(
    version_id: VersionId, workspace: WorkspaceOption = None, as_json: JsonOption = False
) -> None:
    """One version: training window, features, metrics, calibration, card, and what stands against
    promoting it.

    Example: clearance models show mv-3f2a91c04e1b
    """
    from app.model_desk import shown
    from app.story.models import show_version

    data = shown(open_house(workspace), version_id)
    answer(data, as_json, lambda out: show_version(out, data))


@models.command("challenge")
def challenge(
    family: Annotated[str, typer.Argument(help="stack, line, trees, rate, xlearner or drlearner.")],
    person: As,
    stop: Annotated[bool, typer.Option("--stop", help="Let it challenge no more.")] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fit a family beside the champions in each run, on the same rows. It decides nothing.

    Example: clearance models challenge line --as rita
    """
    from app.model_desk import challenge as declare

    data = declare(open_house(workspace), family, person, stop=stop)
    answer(data, as_json, lambda out: out.print(data["sentence"]))


@models.command("promote")
def promote(
    version_id: VersionId,
    person: As,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Propose that a challenger decides; a second reviewer says the same, and it does.

    Each time its evidence, calibration, loss, drift and fairness are checked. It decides in runs
    that begin later. Exit code 1 where it is refused.

    Example: clearance models promote mv-3f2a91c04e1b --as rita
    """
    from app.model_desk import promote as put
    from app.story.models import show_promotion

    data = put(open_house(workspace), version_id, person)
    answer(data, as_json, lambda out: show_promotion(out, data))
    if not data["accepted"]:
        raise typer.Exit(1)


@models.command("rollback")
def rollback(
    name: Annotated[str, typer.Argument(help="What is predicted: OUTCOME/CHANNEL/TREATMENT.")],
    person: As,
    to: Annotated[
        str | None, typer.Option("--to", help="Which earlier champion; default: the one before.")
    ] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let an earlier champion decide again, exactly as it was fitted, until one is promoted.

    Exit code 1 where there is none to go back to.

    Example: clearance models rollback visit/email/offer --as rita
    """
    from app.model_desk import roll_back

    data = roll_back(open_house(workspace), name, to, person)
    answer(data, as_json, lambda out: out.print(data["sentence"]))
    if not data["accepted"]:
        raise typer.Exit(1)
