"""`audit-data`: what the workspace's data are good for."""

from typing import Annotated

import typer

from app.cli.options import JsonOption, WorkspaceOption, answer, open_house


def register(cli: typer.Typer) -> None:
    cli.command("audit-data")(audit_data)


def audit_data(
    every: Annotated[bool, typer.Option("--all", help="Every finding, not the worst ten.")] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Grade the data: what is missing, wrong or late, and what each gap forbids. Nothing changes.

    Example: clearance audit-data

    Example: clearance audit-data --all --json
    """
    from app.auditing import audit_data as audited
    from app.story.data_audit import show_audit

    data = audited(open_house(workspace))
    answer(data, as_json, lambda out: show_audit(out, data, None if every else 10))
