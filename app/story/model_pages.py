"""The report of models as a page of HTML: charts, their figures as tables, what is not there."""

from typing import Any

from app.story.model_charts import campaign_of, qini, reliability, response
from app.story.pages import document, folded, heading, paragraph, table
from tools.charts.pictures import svg


def page(data: dict[str, Any]) -> str:
    """The whole report; what the workspace has no figures for is said in its place."""
    return document(
        "How far the models can be believed",
        [
            paragraph(data["note"]),
            *(paragraph(one, note=True) for one in data["missing"]),
            *(_model(one) for one in data["models"]),
            *(_qini(one) for one in data["qini"]),
            *(_response(one, data["currency"]) for one in data["responses"]),
        ],
    )


def _model(one: dict[str, Any]) -> str:
    held = ", held as it was fitted" if one["held"] else ""
    words = (
        f"{one['state']}{held}; {one['evidence']}; {one['support']:,} past touches speak for it. "
        f"{one['card']['words']}"
    )
    chart = svg(reliability(one)) if one["calibration"] else paragraph("No evaluation touch yet.")
    title = heading(f"{one['name']}: {one['family']} ({one['version_id']})")
    return title + paragraph(words) + chart + _groups(one) + _checks(one)


def _groups(one: dict[str, Any]) -> str:
    rows = [
        (
            f"{group['predicted']:.4f}",
            f"{group['observed']:.4f}",
            f"{group['low']:.4f} to {group['high']:.4f}",
            f"{group['rows']:,}",
        )
        for group in one["calibration"]
    ]
    heads = ("predicted>", "answered>", "95% interval>", "touches>")
    return folded("As a table", table(heads, rows))


def _checks(one: dict[str, Any]) -> str:
    rows = [
        (check["name"], "passes" if check["ok"] else "FAILS", check["words"])
        for check in one["checks"]
    ]
    return table(("check", "", "what"), rows)


def _qini(one: dict[str, Any]) -> str:
    last = one["share"].index(1.0)
    words = (
        f"Treating everybody gains {one['gain'][last]:.4f} outcomes per treated contact (95%: "
        f"{one['low'][last]:.4f} to {one['high'][last]:.4f}). The dashed line is what as many "
        "contacts drawn by chance would gain; the band is of the gain at each share by itself."
    )
    return heading(f"{one['name']}: Qini") + paragraph(words) + svg(qini(one))


def _response(one: dict[str, Any], currency: str) -> str:
    chart = svg(response(one, currency)) if one["curve"] else ""
    return heading(f"Response: {campaign_of(one)}") + paragraph(one["words"]) + chart
