"""How a call of the judge goes: its modes, the plan that names them in turn, and what was done."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from evals.faults.judge_events import Teller, Webhook
from evals.faults.judge_ledger import JudgeLedger, Line
from tools.clock import Clock

MODES: Final = {
    "ok": "all goes well",
    "drop": "acts, and closes the connection without a word",
    "error_500": "acts, and answers 500",
    "hang": "acts, and never answers",
    "drip": "acts, and answers a byte at a time",
    "html": "acts, and answers 200 with a page",
    "huge": "acts, and answers 200 with ten megabytes",
    "invalid": "acts, and answers 200 with JSON that is no answer",
    "too_many": "does nothing, and answers 429; `too_many:N` asks for N seconds, `too_many:date` "
    "names an instant two seconds ahead, `too_many:none` says nothing of time",
    "busy": "does nothing, and answers 503 with Retry-After, as too_many",
    "refused": "does nothing, and resets the connection without reading",
    "status": "does nothing, and answers with a status: `status:403`",
    "echo": "does nothing, and answers 400 with all that was sent, the token too",
    "partial": "acts on the first half; the second may be tried again",
    "partial_final": "acts on the first half; the second gets a final no",
    "stale": "acts; the next two reads of the budgets show the old ones (`stale:N`: N reads)",
}
"""`drop:idle` and so on: the same answer, but without having acted."""
TURNED_AWAY: Final = ("too_many", "busy", "status", "echo")
PLANNED: Final = ("deliveries", "lookup", "budgets")

Plan = Sequence[str] | Mapping[str, Sequence[str]]


@dataclass
class Bench:
    """What all calls share: the ledger, the plan, and reads that will still show old budgets."""

    ledger: JudgeLedger
    plan: dict[str, deque[str]]
    token: str | None = None
    teller: Teller | None = None
    lock: Lock = field(default_factory=Lock)
    stale: dict[str, tuple[int, int | None]] = field(default_factory=dict)
    """Campaign -> reads left that show the old budget, and that budget."""

    def close(self) -> None:
        if self.teller is not None:
            self.teller.close()
        self.ledger.close()

    def mode(self, action: str, asked: str | None) -> tuple[str, str]:
        """The mode of this call and what stands behind its colon."""
        with self.lock:
            left = self.plan.get(action)
            whole = asked or (left.popleft() if left else "ok")
        name, _, rest = whole.partition(":")
        if name not in MODES:
            raise ValueError(f"Expected a mode out of {', '.join(MODES)}, found {name!r}.")
        return name, rest

    def shown(self, campaign_id: str) -> int | None:
        with self.lock:
            left, old = self.stale.get(campaign_id, (0, None))
            if left:
                self.stale[campaign_id] = (left - 1, old)
                return old
        return self.ledger.budgets.get(campaign_id)

    def hold_back(self, rows: Iterable[Line], reads: int) -> None:
        """The next reads of these rows' budgets show what there was before."""
        with self.lock:
            for row in rows:
                campaign = row["campaign_id"]
                self.stale[campaign] = (reads, self.ledger.budgets.get(campaign))


def bench_of(
    ledger: JudgeLedger,
    plan: Plan,
    token: str | None,
    webhook: Webhook | None,
    clock: Clock | None = None,
) -> Bench:
    """A bench whose acts are told where there is a webhook. Raises ValueError for an odd plan."""
    teller = None if webhook is None else Teller(webhook, ledger.note_event, clock)
    ledger.tell = teller.tell if teller else None
    return Bench(ledger, planned(plan), token, teller)


def planned(plan: Plan) -> dict[str, deque[str]]:
    """Raises ValueError where a plan names what is not there."""
    table = dict(plan) if isinstance(plan, Mapping) else {"deliveries": plan}
    if unknown := set(table) - set(PLANNED):
        raise ValueError(f"Expected a plan of {', '.join(PLANNED)}, found {sorted(unknown)}.")
    if odd := {m.partition(":")[0] for modes in table.values() for m in modes} - set(MODES):
        raise ValueError(f"Expected modes out of {', '.join(MODES)}, found {sorted(odd)}.")
    return {action: deque(modes) for action, modes in table.items()}


@dataclass(frozen=True)
class Meeting:
    """One call: of which provider, what it wants, how it will go."""

    name: str
    action: str
    what: str
    mode: str
    rest: str
    call: Line


def delivered(bench: Bench, met: Meeting, rows: list[Line]) -> list[Line]:
    """The results of a delivery call, as its mode lets it act."""
    ledger, half = bench.ledger, len(rows) // 2
    match met.mode:
        case "partial":
            done = ledger.deliver(met.name, met.call, rows[:half])
            return done + [_again(row, met.rest) for row in rows[half:]]
        case "partial_final":
            no = frozenset(range(half, len(rows)))
            return ledger.deliver(met.name, met.call, rows, no)
        case "stale":
            bench.hold_back(rows, int(met.rest or 2))
        case _ if met.rest == "idle":
            ledger.note_call(met.name, met.call)
            return []
    return ledger.deliver(met.name, met.call, rows)


def _again(row: Line, rest: str) -> Line:
    """A retryable no; `partial:N` asks for N seconds."""
    wait = {"retry_after": float(rest)} if rest else {}
    return {"key": row["key"], "state": "later", "reason": "busy", "ref": None, **wait}
