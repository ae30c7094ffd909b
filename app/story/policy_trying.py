"""What trying a policy brought, for people."""

from typing import Any

from rich.console import Console
from rich.markup import escape


def show_cases(out: Console, data: dict[str, Any]) -> None:
    for one in data["failures"]:
        out.print(
            f"{escape(one['case'])}: expected {one['expected']}; found {one['found']}",
            soft_wrap=True,
        )
    name = f"{data['policy']}, version {data['version']}"
    out.print(f"{name}: {data['passed']} of {data['cases']} cases came out as expected.")
