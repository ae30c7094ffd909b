"""The real provider's calls on the real HTTP app: twice, late, out of order and forged."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import uvicorn
from starlette.testclient import TestClient

from app import running
from app.api import build_api
from app.compose import House
from app.relay import Relay
from app.serving import HouseReading
from app.signing import HEADER, Senders, senders_of, signature
from app.webhooks import MOST_BYTES, receive
from evals.faults.judge import Judge
from evals.faults.judge_events import Webhook
from evals.faults.plans import WEBHOOKS
from tests.feedback.conftest import event
from tests.relay.conftest import NEITHER, Post
from tests.waiting import until
from tools.connectors.doors import HttpDoors
from tools.connectors.sandbox import Sandbox
from tools.ledger.verify import verify
from tools.provider_config import ProviderConfig

SECRET = "shared with the judge"
PEOPLE = ("c00", "c01", "c02", "c03")


@contextmanager
def served(house: House) -> Iterator[str]:
    """The house's API on a port of its own; the URL that providers call."""
    api = build_api(HouseReading(house), partial(receive, house))
    server = uvicorn.Server(uvicorn.Config(api, port=0, log_level="error", lifespan="off"))
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    assert until(lambda: server.started or not thread.is_alive())
    assert server.started, "the API ended before it began to listen"
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}/webhooks/{{provider}}"
    server.should_exit = True
    thread.join()


def provider_at(judge: Judge, kind: str) -> ProviderConfig:
    said = {"name": kind, "channels": ("email",), "url": f"{judge.url}/{kind}", "keys": False}
    more = {"lookup": False, "timeout_seconds": 2.0, "webhook_secret_env": "JUDGE_SECRET"}
    return ProviderConfig.model_validate({**said, **more})


def wait_for(judge: Judge, count: int) -> list[int]:
    """Statuses of the judge's calls, once it has made so many."""
    until(lambda: len(judge.events()) >= count)
    return sorted(one["status"] for one in judge.events())


@pytest.mark.parametrize("mode", ["ok", "drop"], ids=["heard", "lost"])
@pytest.mark.parametrize(
    "faults",
    [("duplicate",), ("late",), ("reordered",), ("forged",), tuple(WEBHOOKS)],
    ids="-".join,
)
def test_F17_F18_F20_F21_each_effect_ends_once_and_right_however_the_judge_tells(
    house: House, post: Callable[..., Post], tmp_path: Path, faults: tuple[str, ...], mode: str
) -> None:
    at = post(NEITHER)
    keys = at.intend(*PEOPLE)
    house = replace(house, senders=Senders({"blind": SECRET}))
    with ExitStack() as stack:
        url = stack.enter_context(served(house))
        webhook = Webhook(url, SECRET, faults)
        judge = stack.enter_context(Judge(tmp_path, [mode], fsync=False, webhook=webhook))
        doors = HttpDoors([provider_at(judge, "blind")], Sandbox(tmp_path / "rest"), {})
        house = replace(house, relay=Relay(house.tower, doors))
        running.deliver(house, lambda _: None)
        judge.release_events()
        each = 2 * (1 + ("duplicate" in faults)) + ("forged" in faults)
        statuses = wait_for(judge, each * len(keys))
        running.deliver(house, lambda _: None)
        acts = [one["key"] for one in judge.acts()]

    forged = len(keys) * ("forged" in faults)
    assert sorted(acts) == sorted(keys)
    assert at.states() == dict.fromkeys(keys, "accepted")
    assert statuses == [200] * (each * len(keys) - forged) + [401] * forged
    assert house.senders.refused == forged
    assert all(one.ok for one in verify(house.tower.ledger, house.tower.workspace.runs_folder))


@pytest.fixture
def client(house: House) -> TestClient:
    house = replace(house, senders=Senders({"mailer": SECRET}))
    api = build_api(HouseReading(house), partial(receive, house))
    return TestClient(api, base_url="http://127.0.0.1:8765")


def signed(house: House, body: bytes) -> dict[str, str]:
    seconds = str(int(house.tower.clock.now().timestamp()))
    return {HEADER: f"t={seconds},v1={signature(SECRET, seconds, body)}"}


def test_a_call_comes_in_under_the_name_of_the_operators_proxy_and_nothing_else_does(
    house: House, client: TestClient
) -> None:
    body = json.dumps({"events": [event("delivered", "e-nobody")]}).encode()
    named = {**signed(house, body), "Host": "hooks.example"}

    answer = client.post("/webhooks/mailer", content=body, headers=named)

    assert (answer.status_code, answer.json()["orphans"]) == (200, 1)
    for path in ("/health", "/webhooks", "/status"):
        assert client.get(path, headers={"Host": "hooks.example"}).status_code == 400
    assert client.get("/webhooks/mailer", headers=named).status_code == 405


def test_F21_forged_calls_are_counted_where_an_operator_looks(client: TestClient) -> None:
    for header in ({}, {HEADER: "t=1,v1=00"}):
        assert client.post("/webhooks/mailer", content=b"{}", headers=header).status_code == 401

    assert client.get("/health").json()["webhooks_refused"] == 2


def test_a_body_that_grows_too_long_is_read_no_further(house: House) -> None:
    read: list[int] = []
    said: list[Any] = []

    async def more() -> dict[str, Any]:
        read.append(65536)
        return {"type": "http.request", "body": b"x" * 65536, "more_body": len(read) < 1000}

    async def hear(message: Any) -> None:
        said.append(message)

    scope = {"type": "http", "method": "POST", "path": "/webhooks/mailer", "headers": []}
    api = build_api(HouseReading(house), partial(receive, house))
    asyncio.run(api({**scope, "query_string": b""}, more, hear))

    assert said[0]["status"] == 413
    assert sum(read) <= MOST_BYTES + 65536


def test_a_providers_secret_is_named_in_the_configuration_and_stands_in_the_environment() -> None:
    said = {"name": "mailer", "channels": ("email",), "url": "https://m.example", "keys": True}
    named = {**said, "lookup": True, "webhook_secret_env": "MAILER_SECRET"}
    one = ProviderConfig.model_validate(named)
    silent = one.model_copy(update={"name": "silent", "webhook_secret_env": None})

    assert senders_of([one, silent], {"MAILER_SECRET": "s"}).secrets == {"mailer": "s"}
    assert senders_of([one], {}).secrets == {"mailer": ""}
