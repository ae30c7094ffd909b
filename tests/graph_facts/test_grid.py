"""The grid has one cell for whatever may be asked, and says of each why it is closed."""

from datetime import timedelta

import polars as pl

from domain.reasons import BIT
from domain.tables import FINDINGS, GRID, INSTANT
from graph.grid import build_cells, grid
from tests.policies.worlds import NOON
from tools.workspace_config import ChannelConfig

PEOPLE = pl.DataFrame(
    {"contact": [0, 1], "contact_id": ["ada", "bob"], "account_id": ["acme", None]},
    schema={"contact": pl.UInt32, "contact_id": pl.String, "account_id": pl.String},
)
SLOTS = pl.DataFrame(
    {"slot": [0, 1, 2], "slot_at": [NOON + timedelta(hours=3 * i) for i in range(3)]},
    schema={"slot": pl.Int8, "slot_at": INSTANT},
)
CHANNELS = (
    ChannelConfig(channel="email", agent="email", classes=("marketing",), cost=1),
    ChannelConfig(channel="call", agent="sales", classes=("marketing", "one_to_one"), cost=0),
    ChannelConfig(channel="ads", agent="ads", classes=("marketing",), cost=8, pool="media"),
)


def test_there_is_a_cell_per_contact_channel_class_and_slot() -> None:
    cells = build_cells(PEOPLE, SLOTS, CHANNELS)

    counted = cells.group_by("channel", "class").len().sort("channel", "class")
    assert counted.rows() == [
        ("ads", "marketing", 2),
        ("call", "marketing", 6),
        ("call", "one_to_one", 6),
        ("email", "marketing", 6),
    ]
    assert not cells.select("contact", "channel", "class", "slot").is_duplicated().any()


def test_an_audience_is_a_membership_and_has_the_first_slot_only() -> None:
    cells = build_cells(PEOPLE, SLOTS, CHANNELS).filter(pl.col("channel") == "ads")

    assert cells["slot"].unique().to_list() == [0]
    assert cells["at"].unique().to_list() == [NOON]


def test_a_cell_carries_who_asks_whom_when_and_for_what() -> None:
    cells = build_cells(PEOPLE, SLOTS, CHANNELS)

    last_call = cells.filter(
        (pl.col("contact_id") == "bob") & (pl.col("class") == "one_to_one") & (pl.col("slot") == 2)
    )
    assert last_call.row(0, named=True) == {
        "contact": 1,
        "contact_id": "bob",
        "account_id": None,
        "agent": "sales",
        "channel": "call",
        "class": "one_to_one",
        "slot": 2,
        "purpose": "marketing",
        "at": NOON + timedelta(hours=6),
    }


def test_nobody_to_ask_makes_an_empty_grid() -> None:
    cells = build_cells(PEOPLE.clear(), SLOTS, CHANNELS)

    assert grid(cells, pl.Series([], dtype=FINDINGS)).height == 0


def test_the_grid_says_of_each_cell_why_it_is_closed() -> None:
    cells = build_cells(PEOPLE, SLOTS, CHANNELS)
    findings = pl.Series([BIT["paused"]] * cells.height, dtype=FINDINGS)

    judged = GRID.conform(grid(cells, findings))

    assert judged.height == cells.height
    assert judged["findings"].unique().to_list() == [BIT["paused"]]
