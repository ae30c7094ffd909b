"""Content on the screen: treatments by how likely they are answered, with intervals."""

from typing import Any

from rich.console import Console
from rich.markup import escape

from app.story.tables import table_of


def show_content(out: Console, data: dict[str, Any]) -> None:
    """Each treatment's chance, likeliest first, and on how much it rests."""
    whom = data["contact_id"] or "a contact like the mean"
    out.print(f"Chance of {data['objective']} after a touch by {data['channel']}: {escape(whom)}")
    out.print(escape(data["words"]))
    drawn = any("odds" in row for row in data["treatments"])
    columns = ("treatment", "theme", "touches>", "answers>", "chance>", "90%>", "evidence")
    table = table_of(*columns, *(("odds>",) if drawn else ()))
    for row in data["treatments"]:
        odds = (f"{row['odds']:.1%}",) if drawn else ()
        table.add_row(
            escape(row["treatment_id"]),
            escape(row["theme"]),
            f"{row['touches']:,}",
            f"{row['answers']:,}",
            f"{row['chance']:.2%}",
            f"{row['low']:.2%} to {row['high']:.2%}",
            row["evidence"],
            *odds,
        )
    out.print(table)
