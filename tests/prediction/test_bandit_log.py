"""The evaluation of content affinity: logs are read whole, learned and judged apart, fairly."""

import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from domain.errors import DataError
from evals.bandit_log import KNOWN_BEFORE, THEME, read_log
from evals.content import AGREES, PUBLISHED, compare, content
from tools.measurement.off_policy import judged, value_of, wins

ITEMS = 4


def write_log(folder: Path, rows: int, *, liked: float, propensity: str = "0.25") -> None:
    """A log of uniform choice in which item 0 is clicked `liked`, the others one in twenty."""
    draws = np.random.default_rng(4)
    item = draws.integers(0, ITEMS, rows)
    clicked = draws.random(rows) < np.where(item == 0, liked, 0.05)
    head = "," + ",".join(["timestamp", "item_id", "click", "propensity_score", *KNOWN_BEFORE])
    lines = [
        f"{i},2019-11-24 {i // 3600:02d}:{i // 60 % 60:02d}:{i % 60:02d}.5+00:00,"
        f"{item[i]},{int(clicked[i])},{propensity},{i % 3},a,b,c,d"
        for i in range(rows)
    ]
    made = folder / "open_bandit"
    made.mkdir()
    packed = gzip.compress("\n".join([head, *lines]).encode())
    (made / "random_all_all.csv.gz").write_bytes(packed)
    features = [f",item_id,{THEME}", *(f"{i},{i},{'xy'[i % 2]}" for i in range(ITEMS))]
    (made / "random_all_item_context.csv").write_text("\n".join(features))


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLEARANCE_DATA", str(tmp_path))
    return tmp_path


def test_a_log_is_read_with_items_propensities_and_clicks(data: Path) -> None:
    write_log(data, 600, liked=0.3)

    log = read_log("random", "all")

    assert log.items.get_column("treatment_id").to_list() == [f"item-{i:03d}" for i in range(4)]
    assert set(log.items.get_column("theme")) == {"x", "y"}
    assert (log.propensity == 0.25).all()
    assert log.rows().height == len(log.clicked) == 600


def test_where_one_item_is_liked_far_better_a_win_is_claimed(data: Path) -> None:
    write_log(data, 6000, liked=0.4)
    log = read_log("random", "all")

    found = compare(log, np.arange(6000) % 10 < 3)

    assert wins(found.gain)
    assert value_of(found.affinity).ipw.value > 2 * value_of(found.uniform).ipw.value
    assert found.affinity.effective < found.uniform.effective


def test_what_is_judged_by_teaches_nothing(data: Path) -> None:
    write_log(data, 3000, liked=0.3)
    log = read_log("random", "all")
    held = np.arange(3000) % 10 < 3
    other = np.where(held, ~log.clicked, log.clicked)

    plain = compare(log, held)
    turned = compare(type(log)(log.items, log.item, log.propensity, other, log.told), held)

    assert plain.affinity.weight.tobytes() == turned.affinity.weight.tobytes()
    assert plain.affinity.expected.tobytes() == turned.affinity.expected.tobytes()


def test_a_row_without_a_propensity_is_refused(data: Path) -> None:
    write_log(data, 50, liked=0.3, propensity="0")
    with pytest.raises(DataError, match="a propensity in"):
        read_log("random", "all")


@pytest.mark.skipif(
    not os.environ.get("CLEARANCE_DATA"), reason="CLEARANCE_DATA names no folder of real data"
)
@pytest.mark.parametrize("campaign", ["all", "men", "women"])
def test_published_figures_of_the_real_logs_are_found_again(campaign: str) -> None:
    log = read_log("bts", campaign)
    uniform = np.full((len(log.clicked), log.items.height), 1.0 / log.items.height)

    policy = judged(uniform, log.item, log.propensity, log.clicked.astype(np.float64))

    told = PUBLISHED[campaign]
    assert value_of(policy).ipw.value == pytest.approx(told["ipw"], abs=AGREES)
    assert policy.effective == pytest.approx(told["ess"], abs=AGREES)


def test_missing_logs_are_said_to_be_missing(data: Path) -> None:
    with pytest.raises(DataError, match="found none"):
        content()
