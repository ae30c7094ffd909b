"""A tiny workspace: a dozen people in two zones, and a run that is computed up to its commit.

Made once by a child (`zygote`), then copied for every fault run.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copyfile
from typing import Any, Final

import polars as pl

from app.compose import House, compose, open_ledger
from app.running import decide
from graph.opening import open_run
from tools import faultpoints
from tools.clock import Clock, FrozenClock
from tools.ledger import budgets_seen, consents
from tools.ledger.database import Ledger
from tools.warehouse.store import Warehouse
from tools.workspace import Workspace

START: Final = datetime(2026, 3, 2, 14, tzinfo=UTC)
SCHEDULE: Final = "morning"
SLOT: Final = "2026-03-02T14:00:00+00:00"
REVIEWERS: Final = ("rita", "ravi", "rosa", "remo")
ZONES: Final = (("DE", "Europe/Berlin"), ("US", "America/New_York"))
PLAIN: Final = ("acme", "blue", "cord")
"""Accounts without anything special; vip and deal are the two that make people look."""


BUDGETS: Final = {"search_ads": 210_000, "social_ads": 180_000}
"""What the platforms run when a run begins, in minor units a week."""


class Ready(BaseException):
    """The run is computed and about to be written: the world is ready."""


@dataclass(frozen=True)
class Ledgers:
    """URLs of the two worlds' ledgers; None: SQLite in their folders."""

    fresh: str | None = None
    ready: str | None = None


def make_world(folder: Path, ledgers: Ledgers) -> None:
    """A workspace whose run stands before its commit; `folder/fresh` is one without any run.
    `folder/decisions.sha256`: what the run decided."""
    plant(folder / "fresh", ledgers.fresh)
    if ledgers.ready is None:
        _copy(folder / "fresh", folder / "ready")
    else:
        plant(folder / "ready", ledgers.ready)
    house = open_at(folder / "ready", FrozenClock(START), ledgers.ready)
    run_id = open_run(house.tower, SCHEDULE, SLOT)
    _decide_up_to_commit(house, run_id)
    house.tower.ledger.engine.dispose()
    decided = house.tower.folder(run_id).hash_of("decisions")
    (folder / "decisions.sha256").write_text(decided)


def _decide_up_to_commit(house: House, run_id: str) -> None:
    before = faultpoints.strike
    faultpoints.strike = _stop_at_commit
    try:
        decide(house, run_id, lambda _: None)
    except Ready:
        return
    finally:
        faultpoints.strike = before
    raise RuntimeError("The world's run was committed: the point before its commit is gone.")


def _stop_at_commit(point: str, _: str) -> None:
    if point == "run.committing":
        raise Ready


def _copy(source: Path, target: Path) -> None:
    for file in sorted(source.rglob("*")):
        if file.is_file():
            to = target / file.relative_to(source)
            to.parent.mkdir(parents=True, exist_ok=True)
            copyfile(file, to)


def open_at(folder: Path, clock: Clock, ledger_url: str | None = None) -> House:
    """The house of a workspace under a clock of ours."""
    workspace = Workspace(folder)
    config = workspace.config()
    ledger = Ledger(ledger_url) if ledger_url else open_ledger(workspace, config)
    return compose(workspace, config, ledger, clock)


def plant(folder: Path, ledger_url: str | None = None) -> None:
    """Configuration, policy, warehouse and consents; the same bytes every time."""
    folder.mkdir(parents=True)
    for name in ("clearance.toml", "policy.toml"):
        copyfile(Path(__file__).with_name(name), folder / name)
    workspace = Workspace(folder)
    if ledger_url is None:
        ledger = open_ledger(workspace, workspace.config())
    else:
        ledger = Ledger(ledger_url)
        ledger.create()
    warehouse = Warehouse(workspace.warehouse_folder)
    for kind, rows in tables().items():
        warehouse.merge(kind, pl.DataFrame(rows, infer_schema_length=None))
    with ledger.write() as session:
        consents.record(session, pl.DataFrame(_consents()))
        for campaign, amount in BUDGETS.items():
            budgets_seen.see(session, campaign, amount, START)
    ledger.engine.dispose()


def tables() -> dict[str, list[dict[str, Any]]]:
    """Rows by kind of the warehouse; money in minor units."""
    return {
        "contacts": people(),
        "accounts": _accounts(),
        "people": _staff(),
        "campaigns": _campaigns(),
        "treatments": _treatments(),
        "sequences": _sequences(),
        "enrolments": _enrolments(),
        "deals": _deals(),
        "deal_stages": _stages(),
        "touches": _touches(),
        "spend": _spend(),
    }


def people() -> list[dict[str, Any]]:
    """Fourteen people; whose address stands in a log or checkpoint has leaked."""
    accounts = [*PLAIN * 3, "vip", "vip", "vip", "deal", "deal"]
    return [
        {
            "contact_id": f"c{i:02d}",
            "account_id": account,
            "name": f"Person{i:02d} Secretname",
            "email": f"person{i:02d}@leak.example",
            "phone": f"+1555010{i:04d}",
            "country": ZONES[i % 2][0],
            "timezone": ZONES[i % 2][1],
            "created_at": START - timedelta(days=90),
        }
        for i, account in enumerate(accounts)
    ]


def _accounts() -> list[dict[str, Any]]:
    return [
        {
            "account_id": name,
            "name": name.title(),
            "tier": "vip" if name == "vip" else "standard",
            "sdr": "sven",
            "ae": "anna",
        }
        for name in (*PLAIN, "vip", "deal")
    ]


def _staff() -> list[dict[str, Any]]:
    roles = [(one, "reviewer") for one in REVIEWERS]
    roles += [("sven", "sdr"), ("anna", "ae"), ("olga", "operator")]
    return [
        {"person_id": one, "role": role, "name": one.title(), "minutes_per_day": 240.0}
        for one, role in roles
    ]


def _campaigns() -> list[dict[str, Any]]:
    channels = {
        "spring": "email",
        "launch": "email",
        "deal_desk": "call",
        "search_ads": "ads",
        "social_ads": "ads",
    }
    return [
        {
            "campaign_id": name,
            "name": name,
            "channel": channel,
            "objective": "pipeline",
            "priority": 1.0,
            "starts_at": START - timedelta(days=400),
            "ends_at": START + timedelta(days=400),
        }
        for name, channel in channels.items()
    ]


def _treatments() -> list[dict[str, Any]]:
    rows = (
        ("spring_mail", "email", "spring", "marketing"),
        ("launch_mail", "email", "launch", "marketing"),
        ("call_deal", "call", "deal_desk", "one_to_one"),
    )
    return [
        {
            "treatment_id": name,
            "channel": channel,
            "campaign_id": campaign,
            "class": kind,
            "approval": "approved",
            "approved_until": START + timedelta(days=180),
        }
        for name, channel, campaign, kind in rows
    ]


def _sequences() -> list[dict[str, Any]]:
    return [
        {
            "sequence_id": name,
            "step": 1,
            "channel": "email",
            "treatment_id": f"{name}_mail",
            "wait_hours": 0,
        }
        for name in ("spring", "launch")
    ]


def _enrolments() -> list[dict[str, Any]]:
    """Half of the plain accounts' people get the known mail, the others one never sent before."""
    return [
        {
            "contact_id": row["contact_id"],
            "sequence_id": "launch" if row["account_id"] == "cord" else "spring",
            "step": 1,
            "state": "active",
            "entered_at": START - timedelta(days=9),
            "next_at": START + timedelta(hours=3 * (i % 2)),
        }
        for i, row in enumerate(people())
    ]


def _deals() -> list[dict[str, Any]]:
    return [
        {
            "deal_id": "D1",
            "account_id": "deal",
            "contact_id": "c12",
            "amount": 5_000_000,
            "owner": "anna",
            "opened_at": START - timedelta(days=30),
        }
    ]


def _stages() -> list[dict[str, Any]]:
    return [{"deal_id": "D1", "stage": "negotiation", "at": START - timedelta(days=3)}]


def _touches() -> list[dict[str, Any]]:
    """Known treatments were sent before, long ago; `launch_mail` never was."""
    sent = (("spring_mail", "email"), ("call_deal", "call"))
    return [
        {
            "touch_id": f"t-{treatment}",
            "contact_id": "c00",
            "channel": channel,
            "treatment_id": treatment,
            "class": "marketing",
            "at": START - timedelta(days=40),
        }
        for treatment, channel in sent
    ]


CURVES: Final = (("search_ads", 3_600_000, 200_000), ("social_ads", 420_000, 160_000))


def _spend() -> list[dict[str, Any]]:
    """Thirty weeks of two campaigns on concave curves, so that both budgets would move."""
    rows = []
    for campaign, scale, half in (
        ("search_ads", 3_600_000, 200_000),
        ("social_ads", 420_000, 160_000),
    ):
        for week in range(30):
            spend = 100_000 + (week * 37_000) % 160_000
            rows.append(
                {
                    "campaign_id": campaign,
                    "platform": campaign.split("_")[0],
                    "date": START - timedelta(days=7 * (30 - week), hours=14),
                    "spend": spend,
                    "revenue": round(scale * spend / (half + spend)),
                    "clicks": spend / 90.0,
                    "impressions": spend / 1.2,
                    "conversions": spend / 4000.0,
                }
            )
    return rows


def _consents() -> list[dict[str, Any]]:
    return [
        {
            "contact_id": row["contact_id"],
            "channel": channel,
            "purpose": "marketing",
            "state": "granted",
            "basis": "opt-in form",
            "text_version": "1",
            "source": "made up",
            "at": START - timedelta(days=60),
        }
        for row in people()
        for channel in ("email", "call", "ads")
    ]
