"""Small warehouses of random rows, and what features of them a careful person would count."""

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tools.warehouse.features.declaring import Feature, built_in, read_features
from tools.warehouse.kinds import KINDS
from tools.warehouse.store import Warehouse

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
CONTACTS = ("ann", "bob", "cyd")
OWN = """
[[features]]
name = "stages"
rows = "deal_stages"
sql = "coalesce(last(stage), 'none')"
meaning = "newest stage that a deal of the account reached"
personal = "ordinary"
purposes = ["marketing"]

[[features]]
name = "late_calls"
rows = "touches"
sql = "count(*) filter (where channel like 'c%' and not coalesce(cost, 0) between 2 and 3)"
days = 10
delay_hours = 48
meaning = "calls of the last ten days, of which the system tells two days late"
personal = "ordinary"
purposes = ["marketing"]

[[features]]
name = "share"
rows = "outcomes"
sql = "sum(value * 2 - 1) / count(distinct kind) - -2 * max(days_ago) filter (where kind = 'visit')"
meaning = "a bit of everything that may be written"
personal = "ordinary"
purposes = ["measurement"]

[[features]]
name = "lost_amount"
rows = "deals"
sql = "sum(amount) filter (where closed and not won)"
meaning = "what the lost deals would have brought"
personal = "ordinary"
purposes = ["marketing", "measurement"]
"""


@cache
def features() -> tuple[Feature, ...]:
    """The built-in ones, and some that use what those leave out."""
    return (*built_in(), *read_features(OWN, "features.toml"))


def warehouse_of(folder: Path, rows: dict[str, list[dict[str, Any]]]) -> Warehouse:
    """A warehouse in an empty folder that holds these rows, and no others."""
    made = Warehouse(folder)
    for kind, said in rows.items():
        put(made, kind, said)
    return made


def put(warehouse: Warehouse, kind: str, said: list[dict[str, Any]]) -> None:
    """These rows instead of all there were of the kind."""
    schema = KINDS[kind].schema
    full = [{name: one.get(name) for name in schema} for one in said]
    warehouse.replace(kind, pl.DataFrame(full, schema=schema))


def points(*asked: tuple[str, datetime]) -> pl.DataFrame:
    schema = {"contact_id": pl.String(), "as_of": pl.Datetime("us", "UTC")}
    return pl.DataFrame(list(asked), schema=schema, orient="row")


INSTANTS = st.one_of(
    st.sampled_from([AT - n * DAY for n in (-20, -1, 0, 1, 2, 7, 10, 28, 90, 365)]),
    st.integers(-40 * 86_400, 400 * 86_400).map(lambda seconds: AT - timedelta(seconds=seconds)),
)
"""Many of them exactly where a window begins or ends."""
WHO = st.sampled_from([*CONTACTS, None])
MONEY = st.one_of(st.none(), st.integers(-5, 10_000))


def _rows(key: str, made: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[list[Any]]:
    rows = st.lists(st.fixed_dictionaries({key: st.sampled_from("abcdefgh"), **made}), max_size=8)
    return rows.map(lambda all_: list({one[key]: one for one in all_}.values()))


WORLDS: st.SearchStrategy[dict[str, list[dict[str, Any]]]] = st.fixed_dictionaries(
    {
        "contacts": st.lists(INSTANTS, min_size=3, max_size=3).map(
            lambda created: [
                {"contact_id": who, "account_id": account, "created_at": at}
                for who, account, at in zip(CONTACTS, ("one", "one", None), created, strict=True)
            ]
        ),
        "touches": _rows(
            "touch_id",
            {
                "contact_id": WHO,
                "channel": st.sampled_from(["email", "call", "chat"]),
                "treatment_id": st.sampled_from(["mail", "nothing", None]),
                "cost": st.one_of(st.none(), st.integers(0, 5)),
                "at": INSTANTS,
            },
        ),
        "outcomes": _rows(
            "outcome_id",
            {
                "contact_id": WHO,
                "touch_id": st.sampled_from(["a", "b", "c", None]),
                "kind": st.sampled_from(["purchase", "visit", "click", "complaint"]),
                "value": MONEY,
                "at": INSTANTS,
            },
        ),
        "deals": _rows(
            "deal_id",
            {
                "account_id": st.sampled_from(["one", "two"]),
                "amount": MONEY,
                "opened_at": INSTANTS,
                "closed_at": st.one_of(st.none(), INSTANTS),
                "won": st.sampled_from([True, False, None]),
            },
        ),
        "deal_stages": _rows(
            "deal_id", {"stage": st.sampled_from(["Zeta", "alpha", "_x"]), "at": INSTANTS}
        ),
    }
)
