"""Features on the screen."""

from typing import Any

from rich.console import Console
from rich.markup import escape

from app.story.tables import table_of


def show_features(out: Console, data: dict[str, Any]) -> None:
    table = table_of("feature", "rows", "days>", "used", "purposes", "what it is")
    for one in data["features"]:
        special = f" ({one['category']})" if one["category"] else ""
        table.add_row(
            one["name"],
            one["rows"],
            "all" if one["days"] is None else str(one["days"]),
            "yes" if one["used"] else "",
            ", ".join(one["purposes"]),
            escape(one["meaning"] + special),
        )
    out.print(table)


def show_feature(out: Console, data: dict[str, Any]) -> None:
    window = "of all time" if data["days"] is None else f"of the last {data['days']} days"
    late = f", come in {data['delay_hours']} hours before" if data["delay_hours"] else ""
    out.print(f"{data['name']}: {escape(data['meaning'])}")
    out.print(f"{escape(data['sql'])}, over {data['rows']} {window}{late}")
    used = "used by models" if data["used"] else "not used by models"
    category = data["category"] or "no special category"
    out.print(f"For {', '.join(data['purposes'])}; {escape(category)}; {used}.")
    for engine in ("duckdb", "postgres"):
        out.print(f"\n{engine}:\n{escape(data[engine])}")


def show_check(out: Console, data: dict[str, Any]) -> None:
    out.print(
        f"{escape(data['file'])}: {data['own']} of its own and {data['built_in']} built in, all "
        "as they must be."
    )
    if data["used"]:
        out.print(f"Models use {', '.join(data['used'])}.")


def show_refreshed(out: Console, data: dict[str, Any]) -> None:
    when = f"{data['as_of']:%Y-%m-%d %H:%M}"
    out.print(f"{data['features']} features of {data['contacts']:,} contacts as of {when}.")
    for kind, count in data["calculated"].items():
        out.print(f"  {kind}: {count:,} contacts calculated, the others kept")
