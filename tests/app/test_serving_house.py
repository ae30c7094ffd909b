"""`clearance serve`: health and status over HTTP, on loopback only."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from tests.app.commands import ROOT
from tests.app.worlds import copy_of, ran


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@retry(
    retry=retry_if_exception_type(httpx.TransportError),
    stop=stop_after_delay(60),
    wait=wait_fixed(0.2),
    reraise=True,
)
def ask(port: int, path: str) -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{port}{path}", timeout=30, trust_env=False)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = copy_of(ran("company"))
    number = free_port()
    command = [sys.executable, "-m", "app.cli", "serve", "-w", str(folder), "--port", str(number)]
    log = tmp_path_factory.mktemp("serve") / "log.txt"
    with (
        log.open("w") as out,
        subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT) as server,
    ):
        yield number
        server.terminate()


def test_health_says_what_waits_and_that_nothing_failed(port: int) -> None:
    answer = ask(port, "/health")

    assert answer.status_code == 200
    said = answer.json()
    assert said["waiting"] > 0
    assert said["failures"] == []


def test_status_gives_the_newest_run_as_the_command_does(port: int) -> None:
    said = ask(port, "/status").json()

    assert said["proposed"] > 0
    assert set(said["by_agent"]) == {"email", "ads", "sales"}


def test_the_api_approves_nothing(port: int) -> None:
    ask(port, "/health")
    refused = httpx.post(f"http://127.0.0.1:{port}/reviews", timeout=30, trust_env=False)
    assert refused.status_code in (404, 405)


def test_it_refuses_to_listen_to_the_world(tmp_path: Path) -> None:
    folder = copy_of(ran("company"))
    words = ["serve", "-w", str(folder), "--host", "0.0.0.0"]
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode in (1, 2)
    assert done.stderr.startswith("clearance: ")
