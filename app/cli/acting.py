"""`run`, `give-up`, `pause`, `resume`: what sets the tower in motion, and what stops it."""

from typing import Annotated, Literal

import typer

from app.cli.options import JsonOption, WorkspaceOption, answer, console, open_house

Scope = Literal["agent", "channel", "campaign", "all"]
By = Annotated[str, typer.Option("--as", help="Who does this: a person of the workspace.")]


def register(cli: typer.Typer) -> None:
    cli.command("run")(run)
    cli.command("give-up")(give_up)
    cli.command("pause")(pause)
    cli.command("resume")(resume)


def run(
    workspace: WorkspaceOption = None,
    schedule: Annotated[str, typer.Option(help="Name of the schedule it runs for.")] = "manual",
    slot: Annotated[
        str | None, typer.Option(help="The scheduled instant; default: now.", show_default=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run one cycle: see, predict, hear the agents, judge, arbitrate, clear or escalate, deliver.

    An unfinished run is finished first, with the decisions it had made; one that fails at every
    try is closed by `clearance give-up`. There is one run for each schedule and slot; asking for
    it again shows it.

    Example: clearance run --json
    """
    import resource

    from app.running import report
    from app.running import run as go
    from app.story.run_report import show_run

    house = open_house(workspace)
    with console().status("Opening the run ...") as status:
        ran = go(house, schedule, slot, (lambda _: None) if as_json else status.update)
    data = {
        **report(house, ran.run_id),
        "resumed": ran.resumed,
        "delivered": ran.delivered.as_dict(),
        "seconds": ran.seconds,
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }
    answer(data, as_json, lambda out: show_run(out, data))


def give_up(
    run_id: Annotated[str, typer.Argument(help="The run, as `clearance status` names it.")],
    reason: Annotated[str, typer.Option(help="Why, for the record.")],
    by: By = "operator",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Close a run that was left unfinished, so that later ones need not wait for it.

    Nothing of it was chosen and nothing goes out. Exit code 1 where it is finished or closed.

    Example: clearance give-up run-1a2b3c4d5e --as olivia --reason "the import was wrong"
    """
    from app.giving_up import give_up as close

    data = close(open_house(workspace), run_id, by, reason)
    answer(data, as_json, lambda out: out.print(data["sentence"]))
    if not data["accepted"]:
        raise typer.Exit(1)


def pause(
    scope: Annotated[Scope, typer.Argument(help="What to stop.")],
    name: Annotated[str, typer.Argument(help="Which one; `all` where the scope is all.")] = "all",
    by: By = "operator",
    reason: Annotated[str, typer.Option(help="Why, for the record.")] = "no reason given",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Stop an agent, a channel, a campaign or everything, from the next delivery on.

    Example: clearance pause agent ads --as olivia --reason "budget review"
    """
    from tools.ledger import controls

    house = open_house(workspace)
    with house.tower.ledger.write() as session:
        controls.pause(session, scope, name, by, reason, house.tower.clock.now())
    said = f"Paused {scope} {name}. Lift it with `clearance resume {scope} {name} --as PERSON`."
    answer({"paused": {"scope": scope, "name": name}}, as_json, lambda out: out.print(said))


def resume(
    scope: Annotated[Scope, typer.Argument(help="What to let go on.")],
    name: Annotated[str, typer.Argument(help="Which one; `all` where the scope is all.")] = "all",
    by: By = "operator",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lift a pause.

    Example: clearance resume agent ads --as olivia
    """
    from tools.ledger import controls

    house = open_house(workspace)
    with house.tower.ledger.write() as session:
        lifted = controls.resume(session, scope, name, by, house.tower.clock.now())
    answer(
        {"resumed": {"scope": scope, "name": name}, "lifted": lifted},
        as_json,
        lambda out: out.print(
            f"{scope} {name} may act again." if lifted else f"{scope} {name} was not paused."
        ),
    )
