"""The data audit as one page of HTML: charts, each gap and what it forbids, what to do about it.

It names no row: the file leaves the workspace, and an erasure could not follow an id there.
"""

from html import escape
from typing import Any

from app.story.audit_charts import delays, grades, label, lacking, missing, share_told
from app.story.pages import document, folded, heading, paragraph, table, text
from tools.charts.looks import GRADE_COLOURS
from tools.charts.pictures import svg


def page(data: dict[str, Any]) -> str:
    """The whole audit; words of the data (columns, channels, outcomes) are escaped."""
    return document(
        "What the data are good for",
        [
            paragraph(f"As of {data['at'][:16].replace('T', ' ')} UTC. {data['note']}".strip()),
            *(_objective(one) for one in data["objectives"]),
            heading("Grades"),
            svg(grades(data)),
            heading("What is missing"),
            _missing(data),
            heading("How long answers take"),
            _delays(data),
            heading("Leakage"),
            _leakage(data["leakage"]),
            heading(f"Gaps, the widest first ({len(data['findings'])})"),
            _gaps(data["findings"]),
            heading("What was read"),
            table(("kind", "rows>"), [(kind, f"{rows:,}") for kind, rows in data["rows"].items()]),
        ],
    )


def _objective(one: dict[str, Any]) -> str:
    said = "the data bear it" if one["borne"] else "the data don't bear it"
    words = f"Objective {one['outcome']}, for {one['purpose']}: {said}. {one['words']} {one['do']}"
    return paragraph(words.strip())


def _missing(data: dict[str, Any]) -> str:
    found = lacking(data)
    if not found:
        looked = len(data["emptiness"])
        return paragraph(f"No cell is empty in the {looked} columns that are looked at.")
    rows = [(label(one), f"{one['empty']:,}", f"{one['of']:,}", share_told(one)) for one in found]
    return svg(missing(data)) + folded(
        "As a table", table(("column", "empty>", "of>", "share>"), rows)
    )


def _delays(data: dict[str, Any]) -> str:
    delay, noun = data["label_delay"], data["objective"]
    waiting = (
        f"{delay['open_touches']:,} of {delay['touches']:,} touches still wait for theirs: their "
        f"{delay['horizon_days']} days are not over, so they teach nothing yet."
    )
    if not delay["answers"]:
        return paragraph(f"No {noun} names the touch that it follows. {waiting}")
    words = (
        f"Half of all came within {delay['median_days']:.1f} days of their touch, nine of ten "
        f"within {delay['p90_days']:.1f}. {waiting}"
    )
    return paragraph(words) + svg(delays(data))


def _leakage(leakage: dict[str, Any]) -> str:
    if not leakage["looked"]:
        return paragraph(leakage["why_not"])
    if not leakage["columns"]:
        return paragraph("No attribute tells the outcome in a way that one known before could not.")
    told = ", ".join(leakage["columns"])
    return paragraph(f"May have been written down after the outcome: {told}. See the gaps below.")


def _gaps(findings: list[dict[str, Any]]) -> str:
    if not findings:
        return paragraph("None.")
    where = paragraph("The rows, by id: `clearance audit-data --all`.", note=True)
    return where + "\n".join(_gap(one) for one in findings)


def _gap(one: dict[str, Any]) -> str:
    colour = GRADE_COLOURS[one["grade"]]
    ink = "#fff" if one["grade"] == "F" else "inherit"
    grade = f'<b class="grade" style="background:{colour};color:{ink}">{escape(one["grade"])}</b>'
    return (
        f'<section class="gap"><h3>{grade} {escape(one["check"])} '
        f'<span class="note">({escape(one["area"])}, {escape(one["dimension"])})</span></h3>'
        f"{paragraph(one['words'])}<p><b>So:</b> {text(one['forbids'])}.</p>"
        f"{paragraph(one['do'], note=True)}</section>"
    )
