"""The judge's HTTP: each call is met in its mode, and answered, cut off, or left alone."""

import json
import os
import socket
import struct
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import unquote

from evals.faults.judge_bench import PLANNED, TURNED_AWAY, Bench, Meeting, delivered, planned
from evals.faults.judge_ledger import KINDS, Line
from tools.clock import SystemClock

HUGE: Final = 10 * 1024 * 1024
LONGEST_HANG: Final = 30.0
RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER of a socket that is reset, not ended, when it is closed."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    allow_reuse_address = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.parent: int | None = None
        self.bench: Bench

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def service_actions(self) -> None:
        """A judge that was forked does not outlive who forked it."""
        if self.parent is not None and os.getppid() != self.parent:
            os._exit(0)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that dies in the middle of a call is what this is all about."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:
        """The ledger tells who came."""

    def _serve(self) -> None:
        name, _, action = self.path.strip("/").partition("/")
        action, _, what = action.partition("/")
        if name == "control":
            self._control()
        elif name not in KINDS or action not in PLANNED:
            self._error(404)
        else:
            asked = self.headers.get("X-Judge-Mode")
            mode, rest = self.server.bench.mode(action, asked)
            whole = ":".join(filter(None, (mode, rest)))
            call = {"path": self.path, "mode": whole, "port": self.client_address[1]}
            self._meet(Meeting(name, action, unquote(what), mode, rest, call))

    def _meet(self, met: Meeting) -> None:
        """One call of a provider: turned away, or answered."""
        bench = self.server.bench
        if met.mode == "refused":
            bench.ledger.note_call(met.name, met.call)
            self._reset()
            return
        body = self._body()
        met.call["keys"] = [row["key"] for row in body.get("deliveries", [])] or body.get("keys")
        if bench.token not in (None, self._token()):
            self._error(401)
        elif met.mode in TURNED_AWAY:
            bench.ledger.note_call(met.name, met.call)
            self._turn_away(met.mode, met.rest, body)
        elif met.action == "deliveries":
            self._answer(met.mode, {"results": delivered(bench, met, body["deliveries"])})
        else:
            bench.ledger.note_call(met.name, met.call)
            self._look(met, body)

    def _look(self, met: Meeting, body: Line) -> None:
        bench = self.server.bench
        if met.action == "budgets":
            shown = bench.shown(met.what)
            self._answer(met.mode, {"campaign_id": met.what, "amount": shown})
        elif KINDS[met.name].lookup:
            self._answer(met.mode, {"results": bench.ledger.find(met.name, body["keys"])})
        else:
            self._error(404)

    def _token(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    def _body(self) -> Any:
        length = int(self.headers.get("Content-Length", "0"))
        return json.loads(self.rfile.read(length)) if length else {}

    def _turn_away(self, mode: str, rest: str, body: Line) -> None:
        if mode == "status":
            self._error(int(rest))
            return
        if mode == "echo":
            self._error(400, echo={**dict(self.headers), **body})
            return
        wait = rest or "1"
        if wait == "date":
            ahead = SystemClock().now() + timedelta(seconds=2)
            wait = format_datetime(ahead, usegmt=True)
        asked = {} if wait == "none" else {"Retry-After": wait}
        self._error(429 if mode == "too_many" else 503, asked)

    def _answer(self, mode: str, said: Line) -> None:
        match mode:
            case "drop":
                self._close()
            case "error_500":
                self._error(500)
            case "hang":
                self._hang()
            case "drip":
                self._drip()
            case "html":
                self._send(200, b"<html><script>alert(1)</script>Bad gateway</html>", "text/html")
            case "huge":
                self._send(200, b'{"results": "' + b"x" * HUGE + b'"}')
            case "invalid":
                self._send(200, b'{"results": [{"key": 7, "state": "perhaps"}]}')
            case _:
                self._send(200, json.dumps(said).encode())

    def _send(
        self,
        status: int,
        body: bytes,
        sort: str = "application/json",
        more: Mapping[str, str] | None = None,
    ) -> None:
        """Head and body in one write."""
        head = [f"HTTP/1.1 {status} Said", f"Content-Type: {sort}", f"Content-Length: {len(body)}"]
        head += [f"{name}: {value}" for name, value in (more or {}).items()]
        self.wfile.write("\r\n".join([*head, "", ""]).encode() + body)

    def _error(
        self, status: int, more: Mapping[str, str] | None = None, echo: Line | None = None
    ) -> None:
        """An error, and the end of the connection: its body may not have been read."""
        body = json.dumps(echo or {"error": status}).encode()
        self._send(status, body, more={**(more or {}), "Connection": "close"})
        self.close_connection = True

    def _close(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.connection.close()

    def _hang(self) -> None:
        """Say nothing until the client gives up."""
        self.close_connection = True
        self.connection.settimeout(LONGEST_HANG)
        with suppress(OSError):
            self.connection.recv(1)

    def _drip(self) -> None:
        self.close_connection = True
        self.wfile.write(b"HTTP/1.1 200 Said\r\nContent-Length: 1000\r\n\r\n")
        with suppress(OSError):
            for _ in range(1000):
                self.wfile.write(b" ")
                time.sleep(0.02)

    def _control(self) -> None:
        """POST: {"plan": ..., "budgets": {campaign: amount}, "release": true}, each where wanted;
        release lets late events go. Both answer with calls seen, modes left and events untold."""
        bench, said = self.server.bench, self._body()
        if "plan" in said:
            with bench.lock:
                bench.plan = planned(said["plan"])
        for campaign, amount in said.get("budgets", {}).items():
            bench.ledger.set_budget(campaign, amount)
        if said.get("release") and bench.teller is not None:
            bench.teller.release()
        left = {action: list(modes) for action, modes in bench.plan.items()}
        untold = 0 if bench.teller is None else bench.teller.untold
        shown = {"calls": bench.ledger.calls, "plan": left, "events": untold}
        self._send(200, json.dumps(shown).encode())
