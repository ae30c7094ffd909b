"""The ear: a process of the product that takes the judge's webhooks, and is struck like any other.

Its socket is the harness's: who calls while the ear is dead waits for the next one.
"""

import json
import os
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Final

from app.compose import House
from app.signing import Senders
from app.webhooks import receive
from evals.faults import zygote
from evals.faults.judge import control
from evals.faults.judge_events import HEADER, Webhook
from evals.faults.plans import PROVIDERS, Plan

SECRET: Final = "a fault run's"
LONGEST_DRAIN: Final = 20.0
SENDERS: Final = [f"{channel}-{kind}" for channel in ("email", "call", "ads") for kind in PROVIDERS]


@dataclass
class Ear:
    """Keeps one process listening until it is closed. `hear`: what that process does with the
    listening socket, for ever; None until the ear is opened."""

    log: Path
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    hear: Callable[[socket.socket], int] | None = None
    pid: int | None = None

    def webhook(self, plan: Plan) -> Webhook:
        """Where the judge tells of what it did, and how that goes wrong."""
        port = self.listener.getsockname()[1]
        url = f"http://127.0.0.1:{port}/{{channel}}-{{provider}}"
        return Webhook(url, SECRET, plan.webhooks)

    def open(self, hear: Callable[[socket.socket], int]) -> None:
        self.hear = hear
        self._start()

    def _start(self) -> None:
        hear, listener = self.hear, self.listener
        if hear is not None:
            self.pid = zygote.fork(lambda: hear(listener), self.log)

    def keep(self) -> float:
        """Start the ear anew where it died, wake it where it was stopped; CPU seconds of the one
        that died."""
        ended = None if self.pid is None else zygote.look(self.pid)
        if self.pid is None or ended is None:
            return 0.0
        if ended.stopped:
            os.kill(self.pid, signal.SIGCONT)
            return 0.0
        self._start()
        return ended.cpu_seconds

    def drain(self, judge: str) -> bool:
        """Wait until the judge has told everything; whether it could."""
        until = time.monotonic() + LONGEST_DRAIN
        while control(judge, {"release": True})["events"]:
            self.keep()
            if time.monotonic() > until:
                return False
            time.sleep(0.01)
        return True

    def close(self) -> float:
        ended = None if self.pid is None else zygote.kill(self.pid)
        self.listener.close()
        return 0.0 if ended is None else ended.cpu_seconds


def serve(house: House, listener: socket.socket) -> int:
    """Take webhooks for ever, one after the other."""
    there = replace(house, senders=Senders(dict.fromkeys(SENDERS, SECRET)))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            signed = self.headers.get(HEADER, "")
            status, said = receive(there, self.path.strip("/"), signed, body)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        def log_message(self, format: str, *args: Any) -> None:
            """The judge's ledger tells what was answered."""

    server = HTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    server.serve_forever(0.05)
    return 0
