"""How an evaluation tells its figures: a table on standard error, JSON on standard output."""

import json
import sys
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from domain.errors import ClearanceError
from evals.figure import Figure


def tell(figures: Callable[[], tuple[Figure, ...]], as_json: bool) -> int:
    """Work the figures out and print them; the exit code: 1 where a target is missed, the error's
    own where the data are not there."""
    told = Console(stderr=True)
    try:
        found = figures()
    except ClearanceError as error:
        told.print(str(error), style="red", markup=False)
        return error.exit_code
    told.print(table_of(found))
    if as_json:
        sys.stdout.write(json.dumps([one.model_dump() for one in found], indent=1) + "\n")
    return int(any(one.verdict == "missed" for one in found))


def table_of(figures: tuple[Figure, ...]) -> Table:
    """One row per figure, with its 95% interval."""
    table = Table(title="Judged on real data", title_justify="left")
    for heading in ("figure", "value", "95% interval", "target", ""):
        table.add_column(heading)
    for one in figures:
        interval = one.interval
        table.add_row(
            one.words,
            f"{one.value:.4f}",
            "" if interval is None else f"{interval[0]:.4f} to {interval[1]:.4f}",
            "" if one.target is None else f"{one.target:g}",
            "" if one.verdict == "shown" else one.verdict,
        )
    return table
