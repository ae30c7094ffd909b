"""Several processes that put rows into the same table at once."""

import subprocess
import sys
from pathlib import Path
from threading import Event, Thread

import polars as pl
import pytest

from domain.errors import StorageError
from tools.warehouse.alone import alone_in
from tools.warehouse.store import Warehouse

ROOT = Path(__file__).parents[2]
EACH = 40
WRITER = """
import sys
from pathlib import Path
import polars as pl
from tools.warehouse.store import Warehouse
folder, name, rows = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
sys.stdin.readline()
for number in range(rows):
    row = pl.DataFrame({"account_id": [f"{name}-{number}"]})
    Warehouse(folder).merge("accounts", row)
"""


def _account(name: str) -> pl.DataFrame:
    return pl.DataFrame({"account_id": [name]})


def test_what_two_processes_merge_at_once_is_all_there(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    writers = [
        subprocess.Popen([*command, name, str(EACH)], cwd=ROOT, stdin=subprocess.PIPE, text=True)
        for name in ("first", "second")
    ]
    for one in writers:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.close()

    assert [one.wait() for one in writers] == [0, 0]
    assert Warehouse(tmp_path).table("accounts").height == 2 * EACH


def test_what_comes_while_another_is_in_the_middle_of_a_change_waits_and_is_not_lost(
    tmp_path: Path,
) -> None:
    warehouse, inside, go = Warehouse(tmp_path), Event(), Event()

    def slowly(before: pl.DataFrame) -> pl.DataFrame:
        inside.set()
        assert go.wait(20)
        return pl.concat([before, _account("slow")], how="diagonal")

    slow = Thread(target=warehouse.change, args=("accounts", slowly))
    quick = Thread(target=warehouse.merge, args=("accounts", _account("quick")))
    slow.start()
    assert inside.wait(20)
    quick.start()
    quick.join(0.5)  # long enough to be done, if it did not wait
    go.set()
    slow.join()
    quick.join()

    assert set(warehouse.table("accounts").get_column("account_id")) == {"slow", "quick"}


def test_who_waits_too_long_for_another_is_told_and_changes_nothing(tmp_path: Path) -> None:
    with (
        alone_in(tmp_path),
        pytest.raises(StorageError, match="keeps the warehouse locked"),
        alone_in(tmp_path, seconds=0.05),
    ):
        pass


def test_the_next_may_change_it_once_the_first_is_done(tmp_path: Path) -> None:
    with alone_in(tmp_path):
        pass

    Warehouse(tmp_path).merge("accounts", _account("a"))

    assert Warehouse(tmp_path).table("accounts").get_column("account_id").to_list() == ["a"]


def test_rows_that_stand_there_already_wait_for_nobody(tmp_path: Path) -> None:
    rows = _account("a")
    Warehouse(tmp_path).merge("accounts", rows)

    with alone_in(tmp_path):
        report = Warehouse(tmp_path).merge("accounts", rows)

    assert report.unchanged == 1
