"""Pages of HTML that need nothing else: one file, no script, no link, charts within."""

import re
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Final

from domain.errors import StorageError

GUARD: Final = "default-src 'none'; style-src 'unsafe-inline'"
"""Content-Security-Policy: a browser runs no script of such a page and fetches nothing for it,
whatever a name in it says."""
COMMAND: Final = re.compile(r"`([^`]+)`")
STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:960px;margin:2em auto;padding:0 1em;"
    "color:#202124;background:#fff}h1{line-height:1.2}h2{margin-top:2.2em;border-top:1px solid "
    "#dadce0;padding-top:.8em;overflow-wrap:anywhere}svg{display:block;width:100%;max-width:760px;"
    "height:auto;margin:1.2em 0}.wide{overflow-x:auto}table{border-collapse:collapse;margin:1em 0}"
    "td,th{padding:.35em .9em .35em 0;text-align:left;vertical-align:top}"
    "td{border-top:1px solid #e8eaed;overflow-wrap:anywhere}th{border-bottom:2px solid #9aa0a6}"
    ".number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
    ".note{color:#5f6368;font-weight:normal}.gap{border-left:4px solid #dadce0;padding:.1em 0 .1em"
    " 1em;margin:1.4em 0}.gap p{margin:.4em 0}h3{margin:.2em 0;font-size:1.05em;"
    "overflow-wrap:anywhere}.grade{display:inline-block;min-width:1.5em;text-align:center;"
    "border-radius:3px;margin-right:.3em}summary{cursor:pointer;color:#5f6368}"
)


def document(title: str, parts: Iterable[str]) -> str:
    """A whole page; `title` is escaped here, `parts` are HTML already."""
    return (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{GUARD}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n"
        f"<body><main><h1>{escape(title)}</h1>\n" + "\n".join(parts) + "\n</main></body>\n</html>\n"
    )


def heading(words: str) -> str:
    return f"<h2>{escape(words)}</h2>"


def paragraph(words: str, *, note: bool = False) -> str:
    """Escaped; nothing where there are no words."""
    kind = ' class="note"' if note else ""
    return f"<p{kind}>{text(words)}</p>" if words else ""


def text(words: str) -> str:
    """Escaped; what stands in `backticks` is a command."""
    return COMMAND.sub(r"<code>\1</code>", escape(words))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Escaped; a head that ends with `>` is of a column of figures. Nothing without rows."""
    if not rows:
        return ""
    kinds = [' class="number"' if one.endswith(">") else "" for one in head]
    top = _cells("th", [one.removesuffix(">") for one in head], kinds)
    body = "".join(f"<tr>{_cells('td', row, kinds)}</tr>" for row in rows)
    return f'<div class="wide"><table><tr>{top}</tr>{body}</table></div>'


def folded(words: str, inside: str) -> str:
    """What a reader opens at will, without a script; `inside` is HTML already."""
    return f"<details><summary>{escape(words)}</summary>{inside}</details>" if inside else ""


def _cells(tag: str, row: Sequence[str], kinds: Sequence[str]) -> str:
    return "".join(
        f"<{tag}{kind}>{escape(cell)}</{tag}>" for cell, kind in zip(row, kinds, strict=True)
    )


def write(words: str, file: Path) -> None:
    """The page as a file. Raises StorageError where it can't be written."""
    try:
        file.write_text(words, encoding="utf-8")
    except OSError as error:
        raise StorageError(
            f"The report can't be written to {file}: {error}.", "Name another file: --html FILE."
        ) from error
