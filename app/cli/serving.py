"""`serve`: scheduler, relay and JSON API in one process."""

from typing import Annotated

import typer

from app.cli.options import WorkspaceOption, open_house


def register(cli: typer.Typer) -> None:
    cli.command("serve")(serve)


def serve(
    workspace: WorkspaceOption = None,
    host: Annotated[str, typer.Option(help="Loopback only until sign-in exists.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of the JSON API.")] = 8765,
) -> None:
    """Run the schedules of clearance.toml, deliver what falls due, answer at /health and /status.

    Example: clearance serve --port 8765
    """
    from app.serving import serve as start

    start(open_house(workspace), host, port)
