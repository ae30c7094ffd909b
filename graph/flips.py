"""Flips: what would turn one decision of a past run, confirmed by solving the run again.

Everything is found from what is kept beside the run. What came of it is recorded there too, in a
folder of its own that nothing else reads: the ledger and the run's tables stay as they are.
"""

from dataclasses import dataclass
from functools import reduce
from operator import or_

import numpy as np
import polars as pl

from domain.reasons import findings_of
from domain.record import Record
from domain.run import Pins
from graph.arbitration.changes import CapChange
from graph.arbitration.charging import Charge, charges
from graph.arbitration.flipping import Confirmed, Flip, Solve, smallest_change
from graph.arbitration.plan import Plan
from graph.arbitration.problem import Problem
from graph.arbitration.solving import respond, solve
from graph.bundles import bundles_in, in_slots
from graph.choosing import PlanRecord, contest_of, held_out_rows
from graph.opening import pins_of
from graph.taken import policy_of
from graph.tower import Tower
from policies.schema import Policy
from tools.runs import RunFolder

FOLDER = "receipts"
CAP = "cap_reached"
"""The one mask that is a limit with a number: one more touch lifts it."""

NO_POLICY = "the policy this run chose under was not kept, and today's is another"
NOT_AGAIN = "solved again, {count} of the run's choices come out otherwise; nothing is promised"
DREW = "its contact drew by chance; no value and no limit would have decided it"
NOTHING_FOUND = "no value and no one limit was found that turns it"
A_BUDGET = "a campaign's budget is an amount along its curve, and no choice of yes or no"


class Confirmation(Record):
    """What solving the run again said about one of its decisions.

    masks: guardrails that kept it, or its bundle, out; what is promised holds with them lifted, and
    `lifted` says whether that alone turns it (null where there are none). ghost: its contact is in
    the holdout; solved at the run's prices, it turns what the contact would have got. rules: those
    that bind where it stands, with their prices. flip: the smallest changes, with every attempt;
    null where the lifted masks suffice, or nothing could be asked. why_not: in a sentence, why
    nothing is confirmed; empty where something is.
    """

    run_id: str
    decision_id: str
    candidate: int | None
    policy_hash: str
    choices_hash: str
    masks: tuple[str, ...]
    ghost: bool
    rules: tuple[Charge, ...]
    lifted: bool | None
    flip: Flip | None
    why_not: str

    @property
    def confirmed(self) -> bool:
        return not self.why_not

    @property
    def smallest(self) -> Confirmed | None:
        return None if self.flip is None else self.flip.smallest


@dataclass(frozen=True)
class _World:
    """A problem as it was solved: its plan, and how it is solved again."""

    problem: Problem
    plan: Plan
    solve_again: Solve


def confirmed(tower: Tower, run_id: str, decision_id: str, candidate: int | None) -> Confirmation:
    """What turns the decision, found and confirmed by solving again, and recorded beside the run.

    candidate: its number in the run; None for a campaign's budget. What was confirmed before is
    given again: a run's choices and what it saw never change.
    """
    before = recorded(tower, run_id, decision_id)
    if before is not None and before.confirmed:
        return before
    found = _asked(tower, pins_of(tower, run_id), decision_id, candidate)
    _folder(tower, run_id).write_records(decision_id, [found])
    return found


def recorded(tower: Tower, run_id: str, decision_id: str) -> Confirmation | None:
    """What an earlier question about the decision found; None where nobody asked."""
    kept = _folder(tower, run_id).read_records(decision_id, Confirmation)
    return kept[0] if kept else None


def _folder(tower: Tower, run_id: str) -> RunFolder:
    return RunFolder(tower.folder(run_id).path / FOLDER)


def _asked(tower: Tower, pins: Pins, decision_id: str, candidate: int | None) -> Confirmation:
    folder = tower.folder(pins.run_id)
    nothing = Confirmation(
        run_id=pins.run_id,
        decision_id=decision_id,
        candidate=candidate,
        policy_hash=pins.policy_hash,
        choices_hash=folder.hash_of("choices"),
        masks=(),
        ghost=False,
        rules=(),
        lifted=None,
        flip=None,
        why_not="",
    )
    if candidate is None:
        return nothing.model_copy(update={"why_not": A_BUDGET})
    policy = policy_of(tower, pins)
    whole = together(folder, candidate)
    bits = reduce(or_, whole.get_column("findings").to_list())
    row = whole.filter(pl.col("candidate") == candidate)
    told = nothing.model_copy(
        update={
            "masks": findings_of(bits),
            "ghost": bool(held_out_rows(row, folder.read("observations")).item()),
        }
    )
    if policy is None:
        return told.model_copy(update={"why_not": NO_POLICY})
    return _solved(tower, pins, policy, told, candidate)


def _solved(
    tower: Tower, pins: Pins, policy: Policy, told: Confirmation, candidate: int
) -> Confirmation:
    world = _world(tower, pins, policy, told.ghost)
    others = differing(tower.folder(pins.run_id).read("choices"), world.problem, world.plan)
    if others:
        return told.model_copy(update={"why_not": NOT_AGAIN.format(count=others)})
    if told.masks:
        whole = together(tower.folder(pins.run_id), candidate).get_column("candidate")
        world = _world(tower, pins, policy, told.ghost, tuple(whole))
    row = _row(world.problem, candidate)
    lifted = bool(world.plan.chosen[row]) if told.masks else None
    flip = None
    if not lifted:
        flip = smallest_change(world.problem, world.plan, candidate, world.solve_again)
    return told.model_copy(
        update={
            "rules": charges(world.problem, world.plan, row),
            "lifted": lifted,
            "flip": flip,
            "why_not": _why_not(flip),
        }
    )


def together(folder: RunFolder, candidate: int) -> pl.DataFrame:
    """CANDIDATES rows that go to the contact with this one or not at all; itself among them."""
    rows = in_slots(folder.read("candidates"), bundles_in(folder))
    own = rows.filter(pl.col("candidate") == candidate)
    if own.item(0, "bundle") is None:
        return own
    return rows.filter(
        (pl.col("contact") == own.item(0, "contact")) & (pl.col("bundle") == own.item(0, "bundle"))
    )


def _why_not(flip: Flip | None) -> str:
    if flip is None or flip.smallest is not None:
        return ""
    return DREW if flip.case == "explored" else NOTHING_FOUND


def _world(
    tower: Tower, pins: Pins, policy: Policy, ghost: bool, admitted: tuple[int, ...] = ()
) -> _World:
    """The run's problem, solved as the run did; for a ghost, at the run's prices."""
    contest = contest_of(tower, pins, policy, admitted)
    if not ghost:
        return _World(contest.competing, solve(contest.competing), solve)
    prices = tower.folder(pins.run_id).read_records("plan", PlanRecord)[0].prices

    def respond_again(problem: Problem) -> Plan:
        return respond(problem, prices)

    return _World(contest.absent, respond_again(contest.absent), respond_again)


def differing(choices: pl.DataFrame, problem: Problem, plan: Plan) -> int:
    """How many candidates of the problem the run chose, and this plan does not, or otherwise."""
    then = choices.select("candidate", was=pl.col("chosen") | pl.col("ghost"))
    now = problem.candidates.select(pl.col("candidate").cast(pl.UInt32), now=pl.Series(plan.chosen))
    both = now.join(then, on="candidate", how="left")
    return both.filter(pl.col("now").ne_missing(pl.col("was"))).height


def _row(problem: Problem, candidate: int) -> int:
    numbers = problem.candidates.get_column("candidate").to_numpy()
    return int(np.flatnonzero(numbers == candidate)[0])


def by_cap_alone(told: Confirmation) -> bool:
    """A cap's mask that one more touch under the cap lifts: the smallest change says it all."""
    one = told.smallest
    return told.masks == (CAP,) and one is not None and isinstance(one.change, CapChange)
