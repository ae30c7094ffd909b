"""F43: a file to import is poisoned. Good rows load, each bad one is named, none is lost."""

import json
import tracemalloc
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from app.exporting import _harmless
from domain.errors import DataError
from tools.warehouse.importing import ImportReport, import_file
from tools.warehouse.reading import read_chunks
from tools.warehouse.store import Warehouse

HEAD = "contact_id,name,created_at"
DAY = "2026-03-02"
GOOD = (f"c1,Ada,{DAY}", f"c2,Bob,{DAY}")
FORMULA = '=HYPERLINK("http://evil.example","click")'


def take(folder: Path, body: bytes, name: str = "contacts.csv") -> tuple[ImportReport, Warehouse]:
    file = folder / name
    file.write_bytes(body)
    store = Warehouse(folder / "warehouse")
    return import_file("contacts", file, "USD", store, folder / "quarantine"), store


def told(report: ImportReport) -> list[dict[str, Any]]:
    assert report.quarantine_file is not None
    return [json.loads(line) for line in Path(report.quarantine_file).read_text().splitlines()]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (b"c9,Andr\xe9,2026-03-02", "a cell is not valid UTF-8"),
        (b"c9,\x00Eve,2026-03-02", "a cell holds a NUL character"),
        (b"c9," + b"x" * 1_000_000 + b",2026-03-02", "a cell is longer than 100000 characters"),
        (b"c9;Eve;2026-03-02", "expected 3 cells, found 1"),
        (b"c9,Eve,2026-03-02,more", "expected 3 cells, found 4"),
        (b"c9,Eve,yesterday", "created_at: expected an instant with its zone"),
        (b",Eve,2026-03-02", "contact_id is empty"),
    ],
)
def test_F43_a_bad_row_is_set_apart_with_its_line_and_reason_and_the_others_load(
    tmp_path: Path, row: bytes, why: str
) -> None:
    lines = [HEAD.encode(), GOOD[0].encode(), row, GOOD[1].encode()]

    report, store = take(tmp_path, b"\n".join(lines) + b"\n")

    assert (report.read, report.loaded, report.quarantined) == (3, 2, 1)
    assert store.table("contacts").get_column("contact_id").sort().to_list() == ["c1", "c2"]
    (said,) = told(report)
    assert said["line"] == 3
    assert said["reason"].startswith(why)
    assert len(said["raw"]) < 1_000  # enough to find it, not all of it


def test_F43_a_formula_is_text_and_runs_in_no_export(tmp_path: Path) -> None:
    quoted = FORMULA.replace('"', '""')
    report, store = take(tmp_path, f'{HEAD}\nc1,"{quoted}",{DAY}\n'.encode())

    assert (report.loaded, report.quarantined) == (1, 0)
    kept = store.table("contacts").select("contact_id", "name")
    assert kept.rows() == [("c1", FORMULA)]
    assert _harmless(kept).item(0, "name") == f"'{FORMULA}"


@pytest.mark.parametrize(
    ("head", "why"),
    [
        ("contact_id,name,name,created_at", "names the column name more than once"),
        ("contact_id;name;created_at", "lacks the column contact_id, created_at"),
        ("", "has no header line"),
    ],
)
def test_F43_a_file_that_is_wrong_as_a_whole_is_refused_with_one_sentence(
    tmp_path: Path, head: str, why: str
) -> None:
    rows = f"{head}\n{GOOD[0]}\n".replace(",", ";" if ";" in head else ",")
    with pytest.raises(DataError, match=why):
        take(tmp_path, rows.encode())
    assert Warehouse(tmp_path / "warehouse").table("contacts").is_empty()


def test_F43_totals_reconcile_where_every_kind_of_row_comes_at_once(tmp_path: Path) -> None:
    rows = [*GOOD, GOOD[0], f"c3,One,{DAY}", f"c3,Other,{DAY}", f"c4,\x00,{DAY}", "torn", ""]
    body = "\n".join([HEAD, *rows]).encode()

    report, store = take(tmp_path, body)
    again, _ = take(tmp_path, body)

    for one in (report, again):
        assert one.read == one.loaded + one.unchanged + one.quarantined
    assert (report.loaded, report.quarantined) == (2, 4)
    assert sorted(said["line"] for said in told(report)) == [5, 6, 7, 8]
    assert again.loaded == 0
    assert store.table("contacts").height == 2


@pytest.mark.parametrize("ending", ["jsonl", "csv"])
def test_F43_memory_does_not_grow_with_the_file(tmp_path: Path, ending: str) -> None:
    """Read in chunks: twice the rows take no more at once. (The table itself is held whole.)"""
    row = {"csv": GOOD[0], "jsonl": json.dumps({"contact_id": "c1", "created_at": DAY})}[ending]
    head = {"csv": f"{HEAD}\n", "jsonl": ""}[ending]
    peaks = []
    for count in (2_000, 8_000):
        file = tmp_path / f"{count}.{ending}"
        file.write_text(head + f"{row}\n" * count)
        peaks.append(peak_of(file))
    assert peaks[1] < peaks[0] * 2


def peak_of(file: Path) -> int:
    """Most bytes of Python's own while the file is read, in chunks of a thousand rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tools.warehouse.reading.CHUNK_ROWS", 1_000)
        tracemalloc.start()
        rows = sum(chunk.rows.height for chunk in read_chunks(file))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert rows == int(file.stem)
    return peak


def test_F43_a_broken_line_of_json_is_set_apart_too(tmp_path: Path) -> None:
    lines = ['{"contact_id": "c1", "created_at": "2026-03-02"}', '{"contact_id": ', "[1]"]

    report, _ = take(tmp_path, "\n".join(lines).encode(), "contacts.jsonl")

    assert (report.read, report.loaded, report.quarantined) == (3, 1, 2)
    assert [(said["line"], said["reason"][:14]) for said in told(report)] == [
        (2, "not valid JSON"),
        (3, "not a JSON obj"),
    ]
    assert pl.DataFrame(told(report)).height == 2
