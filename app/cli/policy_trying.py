"""`policy test`, `what-if`, `schema`: a policy tried before anything depends on it."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from app.cli.options import JsonOption, WorkspaceOption, answer, console, open_house

commands = typer.Typer()
"""Commands of the group `policy`; it takes them in with `add_typer`."""


@commands.command("test")
def try_cases(
    policy: Annotated[
        Path | None,
        typer.Option("--policy", help="Default: policy.toml of the workspace.", show_default=False),
    ] = None,
    cases: Annotated[
        Path | None,
        typer.Option(
            "--cases", help="Default: policy.cases.toml beside the policy.", show_default=False
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge the cases of policy.cases.toml: facts and a clock in, allow or deny with reasons out.

    One line for each case that came out otherwise, and then exit code 1.

    Example: clearance policy test --policy next.toml
    """
    from app import policy_cases
    from app.story.policy_trying import show_cases
    from policies.cases import CASES_FILE
    from tools.workspace import POLICY_FILE

    file = policy or (workspace or Path.cwd()) / POLICY_FILE
    data = policy_cases.try_cases(file, cases or file.parent / CASES_FILE)
    answer(data, as_json, lambda out: show_cases(out, data))
    if data["failures"]:
        raise typer.Exit(1)


@commands.command("what-if")
def what_if(
    file: Annotated[Path, typer.Argument(help="The policy to try.")],
    newest: Annotated[int, typer.Option("--runs", min=1, help="So many of the newest runs.")] = 10,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """What past runs would have decided under another policy: value, volume, who starves.

    Each run is decided again with what it saw. Nothing is written.

    Example: clearance policy what-if next.toml --runs 5
    """
    from app import policy_what_if
    from app.story.policy_trying import show_what_if

    house = open_house(workspace)
    with console().status("Deciding past runs again ...") as status:
        data = policy_what_if.what_if(house, file, newest, lambda step: status.update(step))
    answer(data, as_json, lambda out: show_what_if(out, data))


@commands.command("schema")
def schema(
    out: Annotated[
        Path | None,
        typer.Option("--out", help="File to write; default: print.", show_default=False),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """The policy as JSON Schema, so that an editor completes and checks policy.toml.

    Name it in the first line of the policy: `#:schema ./policy.schema.json`.

    Example: clearance policy schema --out policy.schema.json
    """
    from policies.json_schema import json_schema

    said = json_schema()
    if out is None:
        json.dump(said, sys.stdout, indent=2)
        sys.stdout.write("\n")
        return
    out.write_text(json.dumps(said, indent=2) + "\n")
    told = {"file": str(out), "definitions": len(said["$defs"])}
    answer(told, as_json, lambda screen: screen.print(f"Wrote {out}."))
