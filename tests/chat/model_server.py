"""A loopback server that speaks `/v1/chat/completions`: well, badly, slowly, or not at all."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Say:
    """Answer with text, streamed in pieces."""

    text: str


@dataclass(frozen=True)
class CallTools:
    """Answer with tool calls; arguments are text as the wire has it, so they can be broken."""

    calls: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Status:
    code: int


@dataclass(frozen=True)
class Raw:
    """A body as it is, after a 200."""

    body: bytes
    encoding: str = "identity"


@dataclass(frozen=True)
class Hang:
    """Say nothing until the server is closed."""


@dataclass(frozen=True)
class Trickle:
    """A harmless byte now and then: no single read is slow, all of them are."""

    every: float
    times: int


Act = Say | CallTools | Status | Raw | Hang | Trickle


@dataclass
class ModelServer:
    """Plays its script, the last act for ever; keeps each request's body and key."""

    script: tuple[Act, ...]
    base_url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def next_act(self) -> Act:
        return self.script[min(len(self.bodies), len(self.script)) - 1]


@contextmanager
def serve_model(*script: Act) -> Iterator[ModelServer]:
    model = ModelServer(script)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            model.bodies.append(json.loads(self.rfile.read(length)))
            model.keys.append(self.headers.get("authorization", ""))
            try:
                _play(self, model)
            except ConnectionError:
                return  # the client cut us off, which is what some tests are about

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    model.base_url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield model
    finally:
        model.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _play(handler: BaseHTTPRequestHandler, model: ModelServer) -> None:
    match model.next_act():
        case Say(text):
            half = len(text) // 2
            deltas = [{"role": "assistant", "content": ""}]
            deltas += [{"content": part} for part in (text[:half], text[half:])]
            _stream(handler, deltas, "stop")
        case CallTools(calls):
            _stream(handler, list(_call_deltas(calls)), "tool_calls")
        case Status(code):
            _head(handler, code, "application/json")
            handler.wfile.write(b'{"error": {"message": "no"}}')
        case Raw(body, encoding):
            _head(handler, 200, "text/event-stream", encoding)
            handler.wfile.write(body)
        case Hang():
            model.closing.wait()
        case Trickle(every, times):
            _head(handler, 200, "text/event-stream")
            for _ in range(times):
                handler.wfile.write(b":\n\n")
                handler.wfile.flush()
                model.closing.wait(every)


def _head(
    handler: BaseHTTPRequestHandler, code: int, kind: str, encoding: str = "identity"
) -> None:
    handler.send_response(code)
    handler.send_header("content-type", kind)
    handler.send_header("content-encoding", encoding)
    handler.send_header("connection", "close")
    handler.end_headers()


def _call_deltas(calls: tuple[tuple[str, str], ...]) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": None}
    for index, (name, arguments) in enumerate(calls):
        function = {"name": name, "arguments": ""}
        yield {
            "tool_calls": [
                {"index": index, "id": f"c{index}", "type": "function", "function": function}
            ]
        }
        for part in (arguments[:3], arguments[3:]):
            yield {"tool_calls": [{"index": index, "function": {"arguments": part}}]}


def _stream(handler: BaseHTTPRequestHandler, deltas: list[dict[str, Any]], reason: str) -> None:
    _head(handler, 200, "text/event-stream")
    for delta, end in [*((delta, None) for delta in deltas), ({}, reason)]:
        choice = {"index": 0, "delta": delta, "finish_reason": end}
        chunk = {
            "id": "x",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": "loopback",
            "choices": [choice],
        }
        handler.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
    handler.wfile.write(b"data: [DONE]\n\n")
