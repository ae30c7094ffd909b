"""The judge: providers on loopback that go wrong as they are told, with a ledger of their own.

One server plays every kind of provider, each under its name in the path (`/keyed`, `/lookup`,
`/blind`, ...); docs/provider_protocol.md says what it speaks. What it did stands in its ledger
(`judge_ledger.py`), on disk before anybody is answered.

    python -m evals.faults.judge --ledger FILE [--port 0] [--plan JSON]

prints {"url": ...} as its first line. A plan is a list of modes, one for each delivery call in
turn, or a table of such lists for `deliveries`, `lookup` and `budgets`; then all goes well. A call
may name its mode itself, in the header `X-Judge-Mode`. `judge_bench.MODES` says what there is.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

from evals.faults import zygote
from evals.faults.judge_bench import Plan, bench_of, planned
from evals.faults.judge_events import Webhook
from evals.faults.judge_ledger import JudgeLedger, Line, read_lines
from evals.faults.judge_server import Server
from tools.clock import Clock


class Judge:
    """A judge for as long as the context lasts: in a thread, or (`forked`) in a process of its own
    that outlives whoever talks to it, but not its parent. `clock`: tells when events are signed,
    where it is not when they happened."""

    def __init__(
        self,
        folder: Path,
        plan: Plan = (),
        fsync: bool = True,
        forked: bool = False,
        token: str | None = None,
        webhook: Webhook | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.file = folder / "judge.jsonl"
        planned(plan)  # an odd one is found here, not in the child
        self.plan = plan
        self.webhook = webhook
        self.clock = clock
        self.fsync = fsync
        self.forked = forked
        self.token = token
        self.server: Server
        self.pid: int | None = None

    @property
    def url(self) -> str:
        return self.server.url

    def acts(self) -> list[Line]:
        """Everything that happened outside, in order."""
        return read_lines(self.file, "act")

    def calls(self) -> list[Line]:
        return read_lines(self.file, "call")

    def plan_now(self, plan: Plan) -> None:
        """From now on, calls go as this plan says."""
        self._control({"plan": plan})

    def set_budget(self, campaign_id: str, amount: int) -> None:
        """Somebody sets a budget in the platform itself."""
        self._control({"budgets": {campaign_id: amount}})

    def events(self) -> list[Line]:
        """Webhook calls in the order they were answered, with the status each got."""
        return read_lines(self.file, "event")

    def release_events(self) -> None:
        """Late events are told now."""
        self._control({"release": True})

    def _control(self, said: Line) -> None:
        control(self.url, said)

    def __enter__(self) -> "Judge":
        self.server = Server(0)
        if self.forked:
            self.pid = zygote.fork(self._serve_forked)
            self.server.socket.close()  # the child's alone from now on
        else:
            self._open()
            Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.pid is not None:
            zygote.kill(self.pid)
            return
        self.server.shutdown()
        self.server.server_close()
        self.server.bench.close()

    def _open(self) -> None:
        ledger = JudgeLedger(self.file, self.fsync)
        self.server.bench = bench_of(ledger, self.plan, self.token, self.webhook, self.clock)

    def _serve_forked(self) -> int:
        self.server.parent = os.getppid()
        self._open()
        self.server.serve_forever(0.2)
        return 0


def control(url: str, said: Line) -> Line:
    """Tell the judge at a URL something, as `judge_server` reads it; how it stands then. Raises
    RuntimeError."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=5)
    connection.request("POST", "/control", json.dumps(said))
    answer = connection.getresponse()
    status, body = answer.status, answer.read()
    connection.close()
    if status != 200:
        raise RuntimeError(f"Expected 200 of the judge's control, found {status}.")
    return dict(json.loads(body))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="judge", description="Providers that go wrong.")
    parser.add_argument("--ledger", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--plan", type=json.loads, default=[])
    parser.add_argument("--token", help="Bearer token that every call must bring.")
    parser.add_argument("--webhook", type=json.loads, help="JSON: url, secret, faults.")
    parser.add_argument("--no-fsync", action="store_true", help="For benchmarks alone.")
    asked = parser.parse_args(arguments)
    server = Server(asked.port)
    ledger = JudgeLedger(asked.ledger, not asked.no_fsync)
    webhook = Webhook(**asked.webhook) if asked.webhook else None
    server.bench = bench_of(ledger, asked.plan, asked.token, webhook)
    sys.stdout.write(json.dumps({"url": server.url}) + "\n")
    sys.stdout.flush()
    with suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == "__main__":
    main()
