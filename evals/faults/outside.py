"""The judge of a run: the providers that it talks to, and what their ledger tells the checker."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from evals.faults.judge import Judge
from evals.faults.judge_events import Webhook
from evals.faults.judge_ledger import Line, read_lines
from evals.faults.living import Place
from evals.faults.record import Act, Exported
from evals.faults.world import BUDGETS, START
from tools.clock import Clock


@contextmanager
def judged(
    place: Place, webhook: Webhook | None = None, clock: Clock | None = None
) -> Iterator[Place]:
    """The place with a judge beside it, in a process of its own that no strike reaches. What it
    tells by itself goes to the webhook."""
    _budgets_before(place.folder / "judge.jsonl")
    with Judge(place.folder, forked=True, webhook=webhook, clock=clock) as judge:
        yield replace(place, judge=judge.url)


def _budgets_before(file: Path) -> None:
    """What the platforms run before anybody comes."""
    at = START.isoformat()
    lines = [
        {"line": "set", "campaign_id": campaign, "amount": amount, "at": at}
        for campaign, amount in BUDGETS.items()
    ]
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))


def fill_from_judge(found: Exported, folder: Path) -> None:
    """Add what really happened outside to what our record says."""
    lines = read_lines(folder / "judge.jsonl")
    found.acts += [_act(line) for line in lines if line["line"] == "act"]
    found.outside += lines
    called = False
    for line in lines:
        called = called or line["line"] == "call"
        if line["line"] == "set":
            found.platform[line["campaign_id"]] = line["amount"]
            if called:
                found.touched_elsewhere.add(line["campaign_id"])
        if line["line"] == "act" and line["amount"] is not None:
            found.platform[line["campaign_id"]] = line["amount"]


def _act(line: Line) -> Act:
    return Act(**{name: line[name] for name in Act.__dataclass_fields__})
