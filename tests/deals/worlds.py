"""A run of the tiny workspace under a changed policy, as far as its judged candidates."""

from dataclasses import replace
from typing import Any

import polars as pl

from agents import ads, email, sales
from domain.reasons import findings_of
from domain.run import Pins
from graph import asking, choosing, seeing, sorting
from graph.in_force import Fixed
from graph.opening import open_run, pins_of
from graph.tower import Tower

SLOT = "2026-03-02T14:00:00+00:00"


def under(tower: Tower, **changes: Any) -> Tower:
    """The tower under its policy with whole fields replaced."""
    policy = tower.loaded.policy.model_copy(update=changes)
    return replace(tower, policies=Fixed(replace(tower.loaded, policy=policy)))


def holding(tower: Tower, *exceptions: Any, stage: str = "negotiation") -> Tower:
    """The tower under a policy whose deal hold covers the stage, with these exceptions."""
    hold = tower.loaded.policy.deal_hold
    changed = {"stages": (stage,), "channels": ("email", "ads"), "exceptions": exceptions}
    return under(tower, deal_hold=hold.model_copy(update=changed))


def judged(tower: Tower) -> tuple[Pins, pl.DataFrame]:
    """A run's pins, and its candidates with `reasons`, the codes of their findings."""
    run_id = open_run(tower, "morning", SLOT)
    pins = pins_of(tower, run_id)
    seeing.see_contacts(tower, pins)
    seeing.foresee(tower, pins)
    seeing.judge_grid(tower, pins)
    asking.ask(tower, run_id, "email", email.build())
    asking.ask(tower, run_id, "sales", sales.build())
    asking.ask(tower, run_id, "ads", ads.build())
    choosing.judge_candidates(tower, pins)
    candidates = tower.folder(run_id).read("candidates")
    return pins, candidates.with_columns(reasons=reasons(candidates.get_column("findings")))


def reasons(bits: pl.Series) -> pl.Series:
    return pl.Series([list(findings_of(one)) for one in bits], dtype=pl.List(pl.String))


def open_to(candidates: pl.DataFrame, contact: str) -> set[str]:
    """Treatments that nothing closes for the contact in some slot."""
    rows = candidates.filter((pl.col("contact_id") == contact) & (pl.col("findings") == 0))
    return set(rows.get_column("treatment_id"))


def decided(tower: Tower) -> tuple[Pins, pl.DataFrame]:
    """A run's pins, and its DECISIONS before they are committed."""
    pins, _ = judged(tower)
    choosing.arbitrate(tower, pins)
    sorting.sort_out(tower, pins)
    return pins, tower.folder(pins.run_id).read("decisions")
