"""Models on the screen: who decides, how a challenger compares, what stands against it."""

from typing import Any

from rich.console import Console
from rich.markup import escape

from app.story.tables import table_of


def show_list(out: Console, data: dict[str, Any]) -> None:
    if not data["versions"]:
        out.print("No model was fitted yet: `clearance run` fits and files them.")
        return
    table = table_of("version", "what it predicts", "family", "state", "touches>", "AUC>", "ECE>")
    for row in data["versions"]:
        state = f"{row['state']}, held" if row["held"] else row["state"]
        table.add_row(
            row["version_id"],
            escape(row["name"]),
            row["family"],
            state,
            f"{row['rows']:,}",
            _score(row, "auc"),
            _score(row, "calibration_error"),
        )
    out.print(table)
    if data["challenging"]:
        out.print(f"Fitted beside the champions in each run: {', '.join(data['challenging'])}.")


def _score(row: dict[str, Any], name: str) -> str:
    found = row["scores"].get(name)
    return "" if found is None else f"{found['value']:.3f}"


def show_version(out: Console, data: dict[str, Any]) -> None:
    window = f"{_day(data['window_from'])} to {_day(data['window_to'])}"
    out.print(f"[bold]{data['version_id']}[/] {escape(data['name'])}")
    out.print(
        f"{data['family']}, {data['state']}{', held as it was fitted' * data['held']}; "
        f"{data['rows']:,} training touches ({window}), {data['outcomes']:,} answered; "
        f"{len(data['features'])} features; its file is {data['file']}."
    )
    out.print(escape(data["card"]["words"]))
    _metrics(out, data)
    _calibration(out, data)
    if data["compared"] is not None:
        _compared(out, data["compared"])
        show_checks(out, data["checks"])
    if data["proposed_by"]:
        out.print(f"Proposed by {escape(data['proposed_by'])}.")


def _day(instant: str | None) -> str:
    return "none" if instant is None else instant[:10]


def _metrics(out: Console, data: dict[str, Any]) -> None:
    table = table_of("metric", "value>", "standard error>", "on what")
    for one in data["metrics"]:
        table.add_row(one["name"], f"{one['value']:.4f}", f"{one['se']:.4f}", escape(one["words"]))
    if table.row_count:
        out.print(table)


def _calibration(out: Console, data: dict[str, Any]) -> None:
    table = table_of("predicted>", "answered>", "touches>")
    for one in data["calibration"]:
        table.add_row(f"{one['predicted']:.4f}", f"{one['observed']:.4f}", f"{one['rows']:,}")
    if table.row_count:
        out.print(table)


def _compared(out: Console, found: dict[str, Any]) -> None:
    out.print(f"Beside champion {found['against']}, on the same {found['rows']:,} touches:")
    table = table_of("metric", "champion>", "challenger>", "difference>", "paired error>")
    for one in found["metrics"]:
        figures = (one["champion"], one["challenger"], one["difference"], one["se"])
        table.add_row(one["name"], *(f"{figure:.4f}" for figure in figures))
    if table.row_count:
        out.print(table)


def show_checks(out: Console, found: list[dict[str, Any]]) -> None:
    table = table_of("check", "", "found>", "bound>", "what")
    for one in found:
        mark = "[green]passes[/]" if one["ok"] else "[red]FAILS[/]"
        figures = ("" if one[key] is None else f"{one[key]:.4g}" for key in ("figure", "bound"))
        table.add_row(one["name"], mark, *figures, escape(one["words"]))
    if table.row_count:
        out.print(table)


def show_promotion(out: Console, data: dict[str, Any]) -> None:
    show_checks(out, data["checks"])
    out.print(escape(data["sentence"]))


def show_report(out: Console, data: dict[str, Any]) -> None:
    """Each model's calibration by groups, Qini curves at fifths, what campaigns bring now."""
    if data["models"]:
        show_list(out, {"versions": data["models"], "challenging": []})
    for words in data["missing"]:
        out.print(words)
    for one in data["models"]:
        if one["calibration"]:
            out.print(f"[bold]{escape(one['name'])}[/] ({one['family']}): predicted and answered")
            _reliability(out, one)
    _qini(out, data["qini"])
    for one in data["responses"]:
        out.print(f"[bold]{escape(one['campaign_id'])}[/] {escape(one['words'])}")
    for written in (data["html"], *data["pngs"]):
        if written:
            out.print(f"Written: {escape(written)}")
    out.print(f"[dim]{escape(data['note'])}[/]")


def _reliability(out: Console, one: dict[str, Any]) -> None:
    table = table_of("predicted>", "answered>", "95% interval>", "touches>")
    for row in one["calibration"]:
        span = f"{row['low']:.4f} to {row['high']:.4f}"
        table.add_row(f"{row['predicted']:.4f}", f"{row['observed']:.4f}", span, f"{row['rows']:,}")
    out.print(table)


def _qini(out: Console, curves: list[dict[str, Any]]) -> None:
    table = table_of("Qini, outcomes per treated", *(f"{part}0%>" for part in (2, 4, 6, 8)), "all>")
    for one in curves:
        figures = (f"{one['gain'][place]:.4f}" for place in (4, 8, 12, 16, 20))
        table.add_row(escape(one["name"]), *figures)
    if table.row_count:
        out.print(table)
