"""What the judge tells by itself, and how that goes wrong: twice, late, out of order, forged."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Condition, Thread
from typing import Any

from evals.faults.judge import Judge
from evals.faults.judge_events import HEADER, Webhook
from evals.faults.judged import terms_of
from tests.connectors.contract import delivery
from tools.connectors.http import HttpProvider

SECRET = "shared with the judge"


@dataclass
class Heard:
    """What a receiver was told: path, kind, whether the signature holds."""

    url: str
    calls: list[tuple[str, str, bool]] = field(default_factory=list)
    changed: Condition = field(default_factory=Condition)

    def wait_for(self, count: int) -> list[tuple[str, str, bool]]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.calls) >= count, timeout=5)
        return self.calls


@contextmanager
def receiver() -> Iterator[Heard]:
    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            event = json.loads(body)["events"][0]
            good = is_signed(self.headers[HEADER], body)
            self.send_response(200 if good else 401)
            self.send_header("Content-Length", "0")
            self.end_headers()
            with heard.changed:
                heard.calls.append((self.path, event["kind"], good))
                heard.changed.notify()

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Take)
    heard = Heard(f"http://127.0.0.1:{server.server_address[1]}/webhooks/{{channel}}-{{provider}}")
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield heard
    server.shutdown()
    server.server_close()


def is_signed(header: str, body: bytes) -> bool:
    seconds, given = (part.partition("=")[2] for part in header.split(","))
    wanted = hmac.new(SECRET.encode(), f"{seconds}.".encode() + body, hashlib.sha256)
    return hmac.compare_digest(wanted.hexdigest(), given)


@contextmanager
def telling(folder: Path, heard: Heard, *faults: str) -> Iterator[Judge]:
    """A judge that acted once and tells of it."""
    with Judge(folder, webhook=Webhook(heard.url, SECRET, faults)) as judge:
        here = HttpProvider(f"{judge.url}/keyed", terms_of("email", "keyed"), timeout=1)
        here.deliver([delivery("a")])
        here.deliver([delivery("a")])  # not an act: nothing to tell
        yield judge


def test_an_act_is_told_by_signed_calls_in_order(tmp_path: Path) -> None:
    with receiver() as heard, telling(tmp_path, heard):
        calls = heard.wait_for(2)

    path = "/webhooks/email-keyed"
    assert calls == [(path, "sent", True), (path, "delivered", True)]


def test_F17_a_provider_may_tell_twice(tmp_path: Path) -> None:
    with receiver() as heard, telling(tmp_path, heard, "duplicate"):
        calls = heard.wait_for(4)

    assert [kind for _, kind, _ in calls] == ["sent", "sent", "delivered", "delivered"]


def test_F18_a_provider_may_tell_the_last_thing_first(tmp_path: Path) -> None:
    with receiver() as heard, telling(tmp_path, heard, "reordered"):
        calls = heard.wait_for(2)

    assert [kind for _, kind, _ in calls] == ["delivered", "sent"]


def test_F20_late_events_wait_until_they_are_released(tmp_path: Path) -> None:
    with receiver() as heard, telling(tmp_path, heard, "late") as judge:
        before = list(heard.calls)
        judge.release_events()
        after = heard.wait_for(2)

    assert before == []
    assert len(after) == 2


def test_F21_a_forged_event_bears_a_signature_that_does_not_hold(tmp_path: Path) -> None:
    with receiver() as heard, telling(tmp_path, heard, "forged"):
        calls = heard.wait_for(3)

    assert [(kind, good) for _, kind, good in calls] == [
        ("sent", True),
        ("delivered", True),
        ("unsubscribed", False),
    ]
