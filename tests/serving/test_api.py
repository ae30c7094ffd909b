"""The JSON API reads, says what is due and what halts, and answers this machine only."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.api import Health, build_api, loopback
from domain.errors import StorageError, UsageError

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)


@dataclass
class ReadingTwin:
    halts: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    broken: bool = False
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def health(self) -> Health:
        return Health(
            at=AT,
            due=3,
            waiting=2,
            unfinished=(),
            halts=self.halts,
            troubles=self.troubles,
            failures=self.failures,
        )

    def status(self) -> dict[str, Any]:
        if self.broken:
            raise StorageError("The ledger can't be read.", "Look at ledger.sqlite.")
        return {"proposed": 12}

    def run(self, run_id: str) -> dict[str, Any] | None:
        return self.runs.get(run_id)

    def reviews(self) -> list[dict[str, Any]]:
        return [{"packet_id": "pk-1"}]


def client(reading: ReadingTwin) -> TestClient:
    return TestClient(build_api(reading), base_url="http://127.0.0.1:8765")


def test_health_says_what_is_due_and_that_all_is_well() -> None:
    answer = client(ReadingTwin()).get("/health")

    assert answer.status_code == 200
    assert answer.json() == {
        "state": "ok",
        "at": "2026-03-02T08:00:00Z",
        "due": 3,
        "waiting": 2,
        "unfinished": [],
        "halts": [],
        "troubles": [],
        "webhooks_refused": 0,
        "storage": None,
        "failures": [],
    }


def test_a_pause_halts_and_a_failing_job_fails_the_health_check() -> None:
    halted = client(ReadingTwin(halts=("ads paused by olivia",))).get("/health")
    failing = client(ReadingTwin(failures=("deliver failed: no disk",))).get("/health")
    troubled = client(ReadingTwin(troubles=("Nothing goes to mailer.",))).get("/health")

    assert (halted.status_code, halted.json()["state"]) == (200, "halted")
    assert (failing.status_code, failing.json()["state"]) == (503, "failing")
    assert (troubled.status_code, troubled.json()["state"]) == (200, "troubled")


def test_status_runs_and_reviews_are_read() -> None:
    web = client(ReadingTwin(runs={"run-1": {"run_id": "run-1"}}))

    assert web.get("/status").json() == {"proposed": 12}
    assert web.get("/runs/run-1").json() == {"run_id": "run-1"}
    assert web.get("/reviews").json() == [{"packet_id": "pk-1"}]


def test_a_run_that_is_not_there_is_not_found_and_a_path_is_no_run() -> None:
    web = client(ReadingTwin())

    assert web.get("/runs/run-9").status_code == 404
    assert web.get("/runs/..%2Fledger").status_code in (404, 422)
    assert web.get("/runs/a b").status_code == 422


def test_an_error_of_the_house_is_told_with_what_to_do() -> None:
    answer = client(ReadingTwin(broken=True)).get("/status")

    assert answer.status_code == 503
    assert answer.json() == {
        "error": "The ledger can't be read.",
        "hint": "Look at ledger.sqlite.",
    }


def test_no_route_changes_anything() -> None:
    methods = {
        method for path in build_api(ReadingTwin()).openapi()["paths"].values() for method in path
    }

    assert methods == {"get"}
    assert client(ReadingTwin()).post("/reviews").status_code == 405


def test_another_host_name_is_refused_so_that_a_web_page_can_not_rebind_to_it() -> None:
    web = client(ReadingTwin())

    assert web.get("/health", headers={"host": "evil.example"}).status_code == 400
    assert web.get("/health", headers={"host": "localhost:8765"}).status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "example.com", ""])
def test_an_address_that_others_reach_is_refused(host: str) -> None:
    with pytest.raises(UsageError, match="loopback"):
        loopback(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_this_machine_may_read(host: str) -> None:
    assert loopback(host) == host
