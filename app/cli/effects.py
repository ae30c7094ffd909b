"""`effects`: what was handed over, what nobody heard of again, and what a person says of it."""

from typing import Annotated, Any

import typer

from app.cli.options import JsonOption, WorkspaceOption, answer, open_house

EffectId = Annotated[str, typer.Argument(help="The effect, as `clearance effects list` names it.")]
As = Annotated[str, typer.Option("--as", help="Who says so: a reviewer of this workspace.")]

effects = typer.Typer(
    name="effects",
    help="What happens outside: list, show, resolve, undo.",
    no_args_is_help=True,
)


def register(cli: typer.Typer) -> None:
    cli.add_typer(effects)
    cli.command("proof")(proof)


@effects.command("list")
def list_(
    state: Annotated[
        list[str] | None,
        typer.Option(help="Only this state; may be given several times. Default: what is open."),
    ] = None,
    parked: Annotated[bool, typer.Option(help="Only what waits for a person's word.")] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """How many effects are in which state, and those that are open.

    Example: clearance effects list --parked
    """
    from app.effect_desk import listing
    from app.story.effect_pages import show_list

    data = listing(open_house(workspace), state or [], parked)
    answer(data, as_json, lambda out: show_list(out, data))


@effects.command("show")
def show(
    effect_id: EffectId, workspace: WorkspaceOption = None, as_json: JsonOption = False
) -> None:
    """One effect, with what is known of taking it back.

    Example: clearance effects show 4f9a2c17b0d35e68
    """
    from app.effect_desk import page
    from app.story.effect_pages import show_page

    data = page(open_house(workspace), effect_id)
    answer(data, as_json, lambda out: show_page(out, data))


def proof(
    effect_id: EffectId, workspace: WorkspaceOption = None, as_json: JsonOption = False
) -> None:
    """What let a message out: consent, policy, approval and content, valid at that instant.

    Exit code 1 where nothing proves it.

    Example: clearance proof 4f9a2c17b0d35e68
    """
    from app.proving import proof as prove
    from app.story.effect_pages import show_proof

    data = prove(open_house(workspace), effect_id)
    answer(data, as_json, lambda out: show_proof(out, data))
    if data["problems"]:
        raise typer.Exit(1)


@effects.command("resolve")
def resolve(
    effect_id: EffectId,
    by: As,
    happened: Annotated[
        bool, typer.Option("--happened/--did-not-happen", help="What the provider really did.")
    ],
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what became of an effect whose answer was lost. It is never sent again by this.

    Look into the provider's own record first: what you say is taken for true.

    Example: clearance effects resolve 4f9a2c17b0d35e68 --did-not-happen --as rita
    """
    from app.effect_desk import resolve as say

    _told(say(open_house(workspace), effect_id, happened, by), as_json)


@effects.command("undo")
def undo(
    effect_id: EffectId,
    by: As,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Set a campaign's budget back to what its platform showed before.

    That is an effect of its own: it goes through the door, and only where the platform still shows
    what was set. A message can't be taken back.

    Example: clearance effects undo 4f9a2c17b0d35e68 --as rita
    """
    from app.effect_desk import take_back

    _told(take_back(open_house(workspace), effect_id, by), as_json)


def _told(data: dict[str, Any], as_json: bool) -> None:
    """The answer; exit code 1 where a person's word did not count."""
    answer(data, as_json, lambda out: out.print(data["sentence"]))
    if not data["accepted"]:
        raise typer.Exit(1)
