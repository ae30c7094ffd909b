"""Choosing: candidates are judged, arbitrated, and every one of them gets its fate."""

from dataclasses import dataclass

import polars as pl

from domain.errors import IntegrityError
from domain.names import AGENTS
from domain.proposal import BudgetCandidate
from domain.reasons import BIT
from domain.record import Record
from domain.run import Pins
from domain.tables import BUNDLES, CANDIDATES, DAYS_TAKEN, GIVEN, Column, Table
from graph.arbitration.checking import violations
from graph.arbitration.plan import Plan
from graph.arbitration.problem import Problem
from graph.arbitration.program.optimum import worth
from graph.arbitration.receipts import receipts
from graph.arbitration.rows import resource_of
from graph.arbitration.solving import respond, solve
from graph.bidding import bid, measured_value
from graph.bundles import bundles_of, torn
from graph.gate import days_taken, repeated
from graph.members import choices_of_people, kept_members
from graph.orders import given_at, order_findings
from graph.taken import keep_policy, keep_taken
from graph.themes import theme_findings
from graph.tower import Tower
from policies.judging import judge_autonomy
from policies.schema import Policy
from policies.treatments import judge_treatments

CHOICES = Table(
    "choices",
    {
        "candidate": CANDIDATES.columns["candidate"],
        "chosen": Column(pl.Boolean, "chosen by the arbitration"),
        "ghost": Column(pl.Boolean, "what a holdout contact would have got at the final prices"),
        "propensity": Column(pl.Float64, "probability that it was chosen", nullable=True),
        "price": Column(pl.Float64, "prices of the shared limits it uses, minor units"),
        "reason": Column(pl.String, "why it lost; null where it did not", nullable=True),
        "winner": Column(pl.UInt32, "candidate that took its place", nullable=True),
        "resource": Column(pl.String, "dearest limit that priced it out", nullable=True),
        "worth": Column(pl.Float64, "what it counted as, minor units"),
        "declared": Column(
            pl.String, "priorities and floors that made it count so; null: its value", nullable=True
        ),
    },
)


class PlanRecord(Record):
    """What the arbitration decided beyond single candidates."""

    value: float
    """What the arbitration made most of: measured values, weighed and lifted as is declared."""
    bound: float
    gap: float
    measured: float | None = None
    """The same plan by measured values alone; None: nothing was declared."""
    status: str
    prices: dict[str, float]
    budgets: dict[str, float]
    shortfalls: dict[str, float]
    violations: tuple[str, ...] = ()
    """Limits that no plan holds."""
    passes: int

    @property
    def expected(self) -> float:
        """What it is expected to cause, minor units, whatever anybody declared."""
        return self.value if self.measured is None else self.measured


def judge_candidates(tower: Tower, pins: Pins) -> None:
    """Write all three agents' candidates as one table, each with its findings."""
    tower.folder(pins.run_id).once(CANDIDATES, lambda: _judged(tower, pins))


def _judged(tower: Tower, pins: Pins) -> pl.DataFrame:
    folder = tower.folder(pins.run_id)
    taken = folder.once(DAYS_TAKEN, lambda: days_taken(tower, pins.at))
    given = folder.once(GIVEN, lambda: given_at(tower, pins.at))
    asked = pl.concat([folder.read(f"candidates_{agent}") for agent in AGENTS])
    numbered = asked.sort("contact", "agent", "treatment_id", "slot").with_columns(
        candidate=pl.int_range(pl.len(), dtype=pl.UInt32)
    )
    observations, members = folder.read("observations"), kept_members(folder)
    findings = (
        cell_findings(numbered, folder.read("grid"))
        | choices_of_people(numbered, observations, members, tower.loaded.policy, pins.at)
        | judge_treatments(
            numbered,
            tower.warehouse.table("treatments"),
            tower.warehouse.table("campaigns"),
            pins.at,
        )
        | repeated(taken, numbered, observations)
        | theme_findings(numbered, folder.read("facts"), tower.loaded.policy)
        | judge_autonomy(numbered, tower.loaded.policy)
        | order_findings(tower, numbered, given, pins.at)
    )
    judged = numbered.with_columns(findings=findings)
    bundles = folder.once(BUNDLES, lambda: bundles_of(tower.warehouse))
    return judged.with_columns(findings=findings | torn(judged, bundles))


def cell_findings(candidates: pl.DataFrame, grid: pl.DataFrame) -> pl.Series:
    """The grid's findings of each candidate's cell; a cell the grid lacks is closed."""
    keys = ["contact", "channel", "class", "slot"]
    cells = grid.select(*keys, "findings")
    found = candidates.select(keys).join(cells, on=keys, how="left", maintain_order="left")
    return found.get_column("findings").fill_null(BIT["fact_missing"])


def arbitrate(tower: Tower, pins: Pins) -> None:
    """Write which candidates were chosen, at which prices, and why the others lost."""
    folder = tower.folder(pins.run_id)
    if not folder.has(CHOICES.name):
        keep_policy(tower, pins)
        keep_taken(tower, pins, tower.loaded.policy)
        choices, record = choose(tower, pins)
        folder.write_records("plan", [record])
        folder.write(CHOICES.name, CHOICES.conform(choices))


@dataclass(frozen=True)
class Contest:
    """A run's open candidates as problems: of all who compete, and of the holdout apart."""

    competing: Problem
    absent: Problem


def choose(tower: Tower, pins: Pins) -> tuple[pl.DataFrame, PlanRecord]:
    """CHOICES of the run's open candidates, holdout contacts apart, and the plan's record."""
    contest = contest_of(tower, pins, tower.loaded.policy)
    plan = held(contest.competing, solve(contest.competing))
    ghosts = respond(contest.absent, plan.prices)
    choices = pl.concat(
        [
            _receipts(contest.competing, plan).with_columns(ghost=pl.lit(False)),
            _receipts(contest.absent, ghosts).with_columns(ghost="chosen", chosen=pl.lit(False)),
        ]
    )
    measured = measured_value(contest.competing, plan)
    return choices.sort("candidate"), _record(plan, measured)


def held(problem: Problem, plan: Plan) -> Plan:
    """The plan, where every rule holds and it is worth what it says, recomputed from the frames by
    other code than the solver's.

    A limit that nobody can meet is in the plan's own violations and is told as a conflict. Raises
    IntegrityError for any other rule that is broken: nothing of such a plan may be carried out.
    """
    told = tuple(f"Resource {resource_of(name)} " for name in plan.violations)
    for broken in violations(problem, plan.chosen, plan.budgets):
        if not broken.startswith(told):
            raise _refused(f"it breaks a rule: {broken}")
    value = worth(problem, plan.chosen, plan.budgets)
    if abs(value - plan.value) > ROUNDING * max(1.0, abs(value)):
        raise _refused(f"it says it is worth {plan.value:,.2f}, and it is worth {value:,.2f}.")
    return plan


def _refused(why: str) -> IntegrityError:
    return IntegrityError(
        f"The arbitration's plan is not what was asked for: {why}",
        "Nothing of it was decided, and nothing goes out; keep the run's folder and report it.",
    )


ROUNDING = 1e-6


def contest_of(tower: Tower, pins: Pins, policy: Policy, admitted: tuple[int, ...] = ()) -> Contest:
    """Who competes under this policy. admitted: takes part whatever was found against it."""
    folder = tower.folder(pins.run_id)
    candidates = folder.read("candidates")
    let_in = pl.col("candidate").is_in(list(admitted))
    open_ones = candidates.filter((pl.col("findings") == 0) | let_in)
    held_out = held_out_rows(open_ones, folder.read("observations"))
    budgets = folder.read_records("budgets_ads", BudgetCandidate)
    return Contest(
        competing=bid(tower, pins, open_ones.filter(~held_out), budgets, policy).problem,
        absent=bid(tower, pins, open_ones.filter(held_out), (), policy).problem,
    )


def held_out_rows(candidates: pl.DataFrame, observations: pl.DataFrame) -> pl.Series:
    """Candidates of holdout contacts. Only marketing has a holdout: a person who asked, or whom a
    rep talks with, is answered."""
    held_out = observations.select("contact", "holdout")
    return (
        candidates.select("contact", "class")
        .join(held_out, on="contact", how="left", maintain_order="left")
        .select(out=pl.col("holdout") & (pl.col("class") == "marketing"))
        .get_column("out")
    )


def _receipts(problem: Problem, plan: Plan) -> pl.DataFrame:
    """Why each candidate of the problem stands as it does: CHOICES without `ghost`."""
    said = receipts(problem, plan)
    return problem.candidates.select(
        pl.col("candidate").cast(pl.UInt32),
        chosen=pl.Series(plan.chosen),
        propensity=pl.Series(plan.propensity, dtype=pl.Float64, nan_to_null=True),
        worth="value",
        declared="declared",
    ).join(said, on="candidate", how="left", maintain_order="left")


def _record(plan: Plan, measured: float) -> PlanRecord:
    return PlanRecord(
        value=plan.value,
        measured=measured if measured != plan.value else None,
        bound=plan.bound,
        gap=plan.gap,
        status=plan.status,
        prices=plan.prices,
        budgets=plan.budgets,
        shortfalls=plan.shortfalls,
        violations=plan.violations,
        passes=plan.passes,
    )
