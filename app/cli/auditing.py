"""`audit-data`: what the workspace's data are good for."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.options import JsonOption, WorkspaceOption, answer, open_house


def register(cli: typer.Typer) -> None:
    cli.command("audit-data")(audit_data)


def audit_data(
    every: Annotated[bool, typer.Option("--all", help="Every finding, not the worst ten.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", help="Also write the audit as one page of HTML.")
    ] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Grade the data: what is missing, wrong or late, and what each gap forbids. Nothing changes.

    Example: clearance audit-data

    Example: clearance audit-data --all --json

    Example: clearance audit-data --html audit.html
    """
    from app.auditing import audit_data as audited
    from app.story.data_audit import show_audit

    data = audited(open_house(workspace))
    if html is not None:
        from app.story.audit_page import page
        from app.story.pages import write

        write(page(data), html)
    data = {**data, "html": None if html is None else str(html)}
    answer(data, as_json, lambda out: show_audit(out, data, None if every else 10))
