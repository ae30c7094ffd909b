"""L32: no list from scraping or harvesting, and none that was bought."""

import json
from pathlib import Path

import polars as pl
import pytest

from app.initialising import import_into
from graph.tower import Tower
from tools.ledger import consents
from tools.warehouse.importing import ImportReport

DAY = "2026-01-05"


def bring(tower: Tower, folder: Path, kind: str, *lines: str) -> ImportReport:
    file = folder / f"{kind}.csv"
    file.write_text("\n".join(lines) + "\n")
    return import_into(tower, kind, file)


def put_aside(report: ImportReport) -> list[tuple[int, str]]:
    """Line and reason of each refused row."""
    rows = Path(report.quarantine_file or "").read_text().splitlines()
    return [(one["line"], one["reason"]) for one in map(json.loads, rows)]


@pytest.mark.parametrize(
    ("source", "basis"),
    [
        ("web scraper", "form"),
        ("Scraped_Directory", ""),
        ("expo", "harvested from profiles"),
        ("BOUGHT-LIST", "form"),
        ("agency", "purchased leads"),
        ("agency", "purchased"),
    ],
)
def test_L32_contacts_of_a_list_that_was_scraped_harvested_or_bought_are_refused_by_line(
    tower: Tower, tmp_path: Path, source: str, basis: str
) -> None:
    head = "contact_id,source,basis,created_at"
    lines = (head, f"fair1,crm,trade fair,{DAY}", f"taken1,{source},{basis},{DAY}")

    report = bring(tower, tmp_path, "contacts", *lines)

    assert (report.loaded, report.quarantined) == (1, 1)
    ((line, reason),) = put_aside(report)
    assert line == 3
    assert "was scraped, harvested or bought" in reason
    known = set(tower.warehouse.table("contacts").get_column("contact_id"))
    assert known & {"fair1", "taken1"} == {"fair1"}


def test_L32_consents_of_such_a_list_are_refused_and_so_is_one_without_a_source(
    tower: Tower, tmp_path: Path
) -> None:
    head = "contact_id,channel,purpose,state,source,basis,at"
    rows = ("n1", "crm", "form"), ("n2", "crm", "bought_list"), ("n3", "", "form")
    lines = [f"{who},email,marketing,granted,{source},{basis},{DAY}" for who, source, basis in rows]

    report = bring(tower, tmp_path, "consents", head, *lines)

    assert [line for line, _ in put_aside(report)] == [3, 4]
    stand = consents.standing(tower.ledger, contact_ids=["n1", "n2", "n3"])
    assert stand.get_column("contact_id").to_list() == ["n1"]


def test_L32_who_bought_something_and_who_uses_a_tool_called_harvest_come_in(
    tower: Tower, tmp_path: Path
) -> None:
    head = "contact_id,source,basis,created_at"
    lines = (head, f"n1,harvest,bought our product,{DAY}", f"n2,shop,purchase,{DAY}")

    assert bring(tower, tmp_path, "contacts", *lines).loaded == 2


def test_L32_a_file_that_says_nothing_of_basis_loads_and_is_no_soft_opt_in(
    tower: Tower, tmp_path: Path
) -> None:
    head = "contact_id,channel,purpose,state,source,at"
    report = bring(tower, tmp_path, "consents", head, f"n1,email,marketing,granted,crm,{DAY}")

    stand = consents.standing(tower.ledger, contact_ids=["n1"])
    assert report.loaded == 1
    assert stand.select("state", "basis").rows() == [("granted", None)]
    assert stand.schema["basis"] == pl.String
