"""The report of models as charts: one page of HTML, or a file of PNG for each."""

import re
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

from domain.errors import StorageError
from tools.charts.chart import Chart, Dot, Line
from tools.charts.png import png
from tools.charts.svg import svg

STYLE = (
    "body{font:15px/1.5 sans-serif;max-width:1020px;margin:2em auto;padding:0 1em;color:#222}"
    "table{border-collapse:collapse;margin:1em 0}td,th{padding:.2em .8em;text-align:right}"
    "th{border-bottom:1px solid #888}td:first-child,th:first-child{text-align:left}"
)


def reliability(model: dict[str, Any]) -> Chart:
    """Predicted chance against what came, with 95% intervals; on the dashed line both agree."""
    dots = tuple(
        Dot(one["predicted"], one["observed"], one["low"], one["high"])
        for one in model["calibration"]
    )
    most = max((max(one.x, one.y) for one in dots), default=1.0) or 1.0
    return Chart(
        f"Reliability: {model['name']} ({model['family']})",
        "predicted chance",
        "share that answered",
        (Line("both agree", ((0.0, 0.0), (most, most)), dashed=True),),
        dots=dots,
    )


def qini(curve: dict[str, Any]) -> Chart:
    """Outcomes gained by treating those with the largest predicted effects first."""
    shares = curve["share"]
    return Chart(
        f"Qini: {curve['name']}",
        "share of contacts treated",
        "outcomes per treated",
        (
            Line("drawn by chance", tuple(zip(shares, curve["random"], strict=True)), dashed=True),
            Line("largest effects first", tuple(zip(shares, curve["gain"], strict=True))),
        ),
        tuple(zip(shares, curve["low"], curve["high"], strict=True)),
    )


def response(one: dict[str, Any], currency: str) -> Chart:
    """What a week's spend brings, with its 90% interval; both in minor units."""
    points = one["curve"]
    return Chart(
        f"Response: {one['campaign_id']} ({one['evidence']})",
        f"spend a week, minor units of {currency}",
        "value a week",
        (Line("value", tuple((point["spend"], point["value"]) for point in points)),),
        tuple((point["spend"], point["low"], point["high"]) for point in points),
    )


def charts(data: dict[str, Any]) -> Iterator[tuple[str, Chart]]:
    """Every chart of the report with a name that a file can have."""
    for one in data["models"]:
        if one["calibration"]:
            yield _plain(f"reliability {one['name']} {one['version_id']}"), reliability(one)
    for one in data["qini"]:
        yield _plain(f"qini {one['name']}"), qini(one)
    for one in data["responses"]:
        if one["curve"]:
            yield _plain(f"response {one['campaign_id']}"), response(one, data["currency"])


def write_pngs(data: dict[str, Any], folder: Path) -> list[str]:
    """Each chart as a file of the folder; their names."""
    names = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, chart in charts(data):
            (folder / f"{name}.png").write_bytes(png(chart))
            names.append(f"{name}.png")
    except OSError as error:
        raise StorageError(
            f"The charts can't be written to {folder}: {error}.", "Name another folder: --png DIR."
        ) from error
    return names


def write_page(data: dict[str, Any], file: Path) -> None:
    """The whole report as one file that needs nothing else."""
    try:
        file.write_text(page(data), encoding="utf-8")
    except OSError as error:
        raise StorageError(
            f"The report can't be written to {file}: {error}.", "Name another file: --html FILE."
        ) from error


def page(data: dict[str, Any]) -> str:
    parts = [
        *(_model(one) for one in data["models"]),
        *(svg(qini(one)) for one in data["qini"]),
        *(_response(one, data["currency"]) for one in data["responses"]),
    ]
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Models</title>'
        f"<style>{STYLE}</style><h1>How far the models can be believed</h1>"
        f"<p>{escape(data['note'])}</p>\n" + "\n".join(parts) + "\n</html>\n"
    )


def _model(one: dict[str, Any]) -> str:
    held = ", held" if one["held"] else ""
    words = (
        f"{one['state']}{held}; {one['evidence']}; {one['support']:,} past touches speak for it."
    )
    chart = svg(reliability(one)) if one["calibration"] else "<p>No evaluation touch yet.</p>"
    return (
        f"<h2>{escape(one['name'])}: {one['family']} ({one['version_id']})</h2>"
        f"<p>{escape(words)} {escape(one['card']['words'])}</p>{chart}{_table(one)}{_checks(one)}"
    )


def _table(one: dict[str, Any]) -> str:
    rows = [
        (f"{bin_['predicted']:.4f}", f"{bin_['observed']:.4f}", f"{bin_['rows']:,}")
        for bin_ in one["calibration"]
    ]
    return _html_table(("predicted", "answered", "touches"), rows)


def _checks(one: dict[str, Any]) -> str:
    rows = [
        (check["name"], "passes" if check["ok"] else "FAILS", check["words"])
        for check in one["checks"]
    ]
    return _html_table(("check", "", "what"), rows)


def _response(one: dict[str, Any], currency: str) -> str:
    chart = svg(response(one, currency)) if one["curve"] else ""
    return f"<h2>{escape(one['campaign_id'])}</h2><p>{escape(one['words'])}</p>{chart}"


def _html_table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    top = "".join(f"<th>{escape(one)}</th>" for one in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(one)}</td>" for one in row) + "</tr>" for row in rows
    )
    return f"<table><tr>{top}</tr>{body}</table>"


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower()
