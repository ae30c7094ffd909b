"""The commands, their order in the help, and what a person sees when something is refused.

Nothing heavy is imported here: `clearance --help` answers at once.
"""

import os
import sys

import typer

from app.cli import (
    acting,
    arbitrating,
    asking,
    auditing,
    benching,
    content,
    deals,
    deciding,
    effects,
    erasing,
    features,
    identity,
    looking,
    measuring,
    models,
    policy,
    serving,
    setting_up,
)
from domain.errors import ClearanceError

cli = typer.Typer(
    name="clearance",
    help="The control tower of autonomous marketing: three agents propose, one decision clears.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
for room in (
    setting_up,
    acting,
    looking,
    auditing,
    content,
    policy,
    deals,
    deciding,
    effects,
    erasing,
    features,
    identity,
    asking,
    measuring,
    benching,
    models,
    arbitrating,
    serving,
):
    room.register(cli)


def main() -> None:
    """Run the command. Refusals end in one sentence on standard error and exit code 1 or 2.

    Linear algebra gets one thread: its matrices are small here, and threads that wait for one
    another took six times as long on a busy machine.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        cli()
    except ClearanceError as error:
        print(f"clearance: {error}", file=sys.stderr)  # noqa: T201
        raise SystemExit(error.exit_code) from None
