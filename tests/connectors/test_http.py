"""The HTTP connector: what every answer of a provider, and every missing one, becomes."""

import gzip
import json
import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from domain.errors import ProviderError
from evals.faults.judge import Judge
from evals.faults.judge_bench import Plan
from evals.faults.judged import terms_of
from tests.connectors.contract import Promise, delivery, promises_of
from tools.connectors import http
from tools.connectors.answers import LONGEST_WAIT, shown
from tools.connectors.http import HttpProvider, client_for
from tools.connectors.protocols import Receipt, Terms

TOKEN = "token-that-nobody-may-read"


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every client that a test opens is closed after it; in the product it lives as long as the
    process."""
    opened: list[httpx.Client] = []

    def opening(url: str, terms: Terms) -> httpx.Client:
        opened.append(client_for(url, terms))
        return opened[-1]

    monkeypatch.setattr(http, "client_for", opening)
    yield
    for client in opened:
        client.close()


@pytest.fixture
def judge(tmp_path: Path) -> Iterator[Judge]:
    with Judge(tmp_path, token=TOKEN) as judge:
        yield judge


def connector(judge: Judge, kind: str = "keyed") -> HttpProvider:
    return HttpProvider(f"{judge.url}/{kind}", terms_of("email", kind), TOKEN, timeout=0.2)


def plan(judge: Judge, modes: Plan) -> None:
    judge.plan_now(modes)


def only(receipts: list[Receipt]) -> Receipt:
    assert len({one.model_copy(update={"key": ""}) for one in receipts}) == 1, receipts
    return receipts[0]


PROMISES = [
    pytest.param(kind, promise, id=f"{kind}-{promise.__name__}")
    for kind in ("keyed", "keyonly", "lookup", "blind")
    for promise in promises_of(terms_of("email", kind))
]


@pytest.mark.parametrize(("kind", "promise"), PROMISES)
def test_the_connector_keeps_every_connectors_promises(
    judge: Judge, kind: str, promise: Promise
) -> None:
    promise(lambda: connector(judge, kind))


@pytest.mark.parametrize("mode", ["too_many:7", "busy:7"])
def test_F7_who_asks_us_to_wait_is_waited_for_and_did_nothing(judge: Judge, mode: str) -> None:
    plan(judge, [mode])

    receipt = only(connector(judge).deliver([delivery("a"), delivery("b")]))

    assert (receipt.state, receipt.retry_after, receipt.unreachable) == ("later", 7.0, False)
    assert judge.acts() == []


def test_F7_an_instant_to_wait_for_counts_from_the_providers_own_clock(judge: Judge) -> None:
    plan(judge, ["too_many:date"])

    waited = only(connector(judge).deliver([delivery("a")])).retry_after

    assert waited is not None
    assert 0 < waited <= 2


@pytest.mark.parametrize(
    ("mode", "asked"),
    [("too_many:none", None), ("too_many:soon", None), ("too_many:999999999", LONGEST_WAIT)],
)
def test_F7_a_wait_is_bounded_and_one_that_cant_be_read_is_ours_to_choose(
    judge: Judge, mode: str, asked: float | None
) -> None:
    plan(judge, [mode])

    receipt = only(connector(judge).deliver([delivery("a")]))

    assert (receipt.state, receipt.retry_after) == ("later", asked)


def test_F8_a_provider_that_nothing_reaches_did_nothing() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and nobody listens
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        gone = HttpProvider(url, terms_of("email", "blind"), timeout=0.2)

        receipt = only(gone.deliver([delivery("a"), delivery("b")]))

    assert (receipt.state, receipt.unreachable) == ("later", True)


def test_F8_no_trust_means_not_reached(judge: Judge) -> None:
    url = judge.url.replace("http:", "https:")
    untrusted = HttpProvider(url, terms_of("email", "blind"), timeout=0.2)

    receipt = only(untrusted.deliver([delivery("a")]))

    assert (receipt.state, receipt.unreachable) == ("later", True)
    assert judge.calls() == []


@pytest.mark.parametrize("mode", ["drop", "error_500", "hang"])
@pytest.mark.parametrize("idle", ["", ":idle"])
def test_F4_F6_an_answer_that_is_lost_may_or_may_not_have_been_an_act(
    judge: Judge, mode: str, idle: str
) -> None:
    plan(judge, [mode + idle])

    receipt = only(connector(judge, "blind").deliver([delivery("a")]))

    assert (receipt.state, receipt.unreachable) == ("unknown", False)
    assert len(judge.acts()) == (0 if idle else 1)


def test_F4_a_connection_that_is_reset_leaves_in_the_dark_whether_it_acted(judge: Judge) -> None:
    plan(judge, ["refused"])

    assert only(connector(judge).deliver([delivery("a")])).state == "unknown"


def test_F4_no_call_is_ever_repeated_by_the_client_itself(judge: Judge) -> None:
    here = connector(judge)
    here.deliver([delivery("first")])  # its connection is kept
    plan(judge, ["drop", "drop", "drop"])

    receipts = here.deliver([delivery("second")])

    assert only(receipts).state == "unknown"
    assert [call["keys"] for call in judge.calls()] == [["first"], ["second"]]


def test_F4_an_answer_that_drips_is_given_up_in_time(
    judge: Judge, caplog: pytest.LogCaptureFixture
) -> None:
    plan(judge, ["drip"])

    assert only(connector(judge).deliver([delivery("a")])).state == "unknown"
    assert "it takes too long" in caplog.text


@pytest.mark.parametrize(("kind", "connections"), [("keyed", 1), ("lookup", 3), ("blind", 3)])
def test_F4_only_a_provider_with_keys_is_called_on_a_kept_connection(
    judge: Judge, kind: str, connections: int
) -> None:
    here = connector(judge, kind)
    for key in ("a", "b", "c"):
        here.deliver([delivery(key)])

    assert len({call["port"] for call in judge.calls()}) == connections


@pytest.mark.parametrize("kind", ["keyed", "oldresult"])
def test_F9_two_bodies_under_one_key_go_to_no_provider(judge: Judge, kind: str) -> None:
    batch = [delivery("same"), delivery("same", payload_hash="another"), delivery("other")]

    receipts = connector(judge, kind).deliver(batch)

    assert [(one.state, one.reason) for one in receipts[:2]] == [("failed", "payload_altered")] * 2
    assert receipts[2].state == "accepted"
    assert [call["keys"] for call in judge.calls()] == [["other"]]


def test_F9_a_provider_that_minds_another_body_says_so_and_one_that_does_not_acts_once(
    judge: Judge,
) -> None:
    said = {}
    for kind in ("keyed", "oldresult"):
        connector(judge, kind).deliver([delivery(f"{kind}-reused")])
        other = delivery(f"{kind}-reused", payload_hash="another")
        said[kind] = only(connector(judge, kind).deliver([other])).state

    assert said == {"keyed": "failed", "oldresult": "accepted"}
    assert [act["payload_hash"] for act in judge.acts()] == ["one", "one"]


def test_F11_of_a_batch_only_those_that_may_be_tried_again_are(judge: Judge) -> None:
    plan(judge, ["partial:3"])
    batch = [delivery(f"k{i}", f"C{i}") for i in range(100)]
    here = connector(judge, "lookup")

    receipts = here.deliver(batch)
    again = [one for one, said in zip(batch, receipts, strict=True) if said.state == "later"]
    here.deliver(again)

    assert [one.state for one in receipts] == ["accepted"] * 50 + ["later"] * 50
    assert {one.retry_after for one in receipts[50:]} == {3.0}
    assert [act["key"] for act in judge.acts()] == [one.key for one in batch]


def test_F11_of_a_batch_a_final_no_stays_a_no(judge: Judge) -> None:
    plan(judge, ["partial_final"])
    batch = [delivery("yes"), delivery("no", "C2")]

    first = connector(judge).deliver(batch)
    again = connector(judge).deliver(batch)

    assert [one.state for one in first] == ["accepted", "failed"]
    assert again == first
    assert first[1].reason == "provider_refused"


def test_F13_a_platform_that_shows_the_old_budget_for_a_while_is_read_again(judge: Judge) -> None:
    here = connector(judge)
    set_to = {"channel": "ads", "contact_id": None, "campaign_id": "search/1 ?"}
    here.deliver([delivery("monday", **set_to, amount=500)])
    plan(judge, ["stale:2"])

    here.deliver([delivery("tuesday", **set_to, amount=600)])

    assert [here.budget("search/1 ?") for _ in range(3)] == [500, 500, 600]
    assert here.budget("social") is None
    assert len(judge.acts()) == 2


@pytest.mark.parametrize(
    ("mode", "why"),
    [("html", "has not the form"), ("huge", "longer than"), ("invalid", "has not the form")],
)
def test_F15_an_answer_that_is_none_leaves_in_the_dark_whether_it_acted(
    judge: Judge, mode: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    plan(judge, [mode])

    receipts = connector(judge).deliver([delivery("a"), delivery("b")])

    assert only(receipts).state == "unknown"
    assert why in caplog.text
    assert all(len(line) < 400 for line in caplog.messages)
    assert len(judge.acts()) == 2


def test_F15_a_status_that_refuses_is_believed_whatever_its_body_holds(judge: Judge) -> None:
    plan(judge, ["status:422"])

    receipt = only(connector(judge).deliver([delivery("a")]))

    assert (receipt.state, receipt.reason) == ("failed", "provider_refused")


@pytest.mark.parametrize(
    ("status", "state", "unreachable"),
    [
        (302, "later", True),
        (401, "later", True),
        (403, "failed", False),
        (404, "failed", False),
        (409, "unknown", False),
        (502, "unknown", False),
        (503, "unknown", False),
    ],
)
def test_every_status_has_one_meaning(
    judge: Judge, status: int, state: str, unreachable: bool
) -> None:
    plan(judge, [f"status:{status}"])

    receipt = only(connector(judge).deliver([delivery("a")]))

    assert (receipt.state, receipt.unreachable) == (state, unreachable)


@pytest.mark.parametrize(
    "mode", ["drop", "error_500", "hang", "refused", "too_many", "html", "huge", "invalid"]
)
def test_a_question_that_is_not_answered_is_an_error_never_nothing_found(
    judge: Judge, mode: str
) -> None:
    here = connector(judge)
    here.deliver([delivery("a")])
    plan(judge, {"lookup": [mode], "budgets": [mode]})

    with pytest.raises(ProviderError, match="email-keyed"):
        here.lookup(["a"])
    with pytest.raises(ProviderError, match="email-keyed"):
        here.budget("spring")


def test_no_log_holds_the_token_or_whom_a_message_was_for(
    judge: Judge, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    plan(judge, ["echo"])

    batch = [delivery("a", "person7@leak.example"), delivery("b", "contact-no-9")]
    connector(judge).deliver(batch)

    assert "answered 400" in caplog.text
    assert TOKEN not in caplog.text
    assert "leak.example" not in caplog.text
    assert "contact-no-9" not in caplog.text


def test_a_body_in_a_log_is_escaped_cut_and_without_addresses_and_numbers() -> None:
    body = b'<b>\x1b[31m\n{"to": "Ann@leak.example", "tel": "+1 555 010-0001"}' + b"x" * 5000

    line = shown(body)

    assert len(line) < 300
    assert line.isascii()
    assert line.isprintable()
    assert "leak" not in line
    assert "555" not in line


def test_no_proxy_of_the_environment_comes_between(
    judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert only(connector(judge).deliver([delivery("a")])).state == "accepted"


def test_a_wrong_token_keeps_deliveries_and_tells_that_the_provider_is_out_of_reach(
    judge: Judge,
) -> None:
    stranger = HttpProvider(f"{judge.url}/keyed", terms_of("email", "keyed"), "wrong", timeout=0.2)

    receipt = only(stranger.deliver([delivery("a")]))

    assert (receipt.state, receipt.unreachable) == ("later", True)
    assert judge.acts() == []


def answering(status: int, said: object, **headers: str) -> HttpProvider:
    """A connector whose provider always says the same: bytes, or what JSON makes of it."""
    body = said if isinstance(said, bytes) else json.dumps(said).encode()

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))

    client = httpx.Client(transport=httpx.MockTransport(answer))
    return HttpProvider("http://it", terms_of("email", "keyed"), TOKEN, client=client)


def result(key: str, state: str = "accepted", **more: object) -> dict[str, object]:
    return {"key": key, "state": state, "ref": "r1", **more}


def test_F11_a_key_the_answer_leaves_out_may_have_been_acted_on() -> None:
    here = answering(200, {"results": [result("a")], "more": "unread"})

    receipts = here.deliver([delivery("a"), delivery("b", "C2")])

    assert [one.state for one in receipts] == ["accepted", "unknown"]


@pytest.mark.parametrize(
    "results",
    [
        [result("a"), result("stranger")],
        [result("a"), result("a", "failed")],
        [result("a", ref="line\nbreak")],
        [result("a", ref="x" * 201)],
        [result("a", retry_after=-1)],
        [result("a", state=None)],
        {"a": "accepted"},
    ],
    ids=["stranger", "two words", "control", "long", "past", "nothing", "table"],
)
def test_F15_an_answer_that_contradicts_the_question_or_itself_is_not_believed(
    results: object,
) -> None:
    here = answering(200, {"results": results})

    assert only(here.deliver([delivery("a")])).state == "unknown"
    with pytest.raises(ProviderError):
        here.lookup(["a"])


def test_F15_an_answer_that_is_compressed_is_not_unfolded(
    caplog: pytest.LogCaptureFixture,
) -> None:
    packed = gzip.compress(json.dumps({"results": [result("a")]}).encode())
    here = answering(200, packed, **{"Content-Encoding": "gzip"})

    assert only(here.deliver([delivery("a")])).state == "unknown"
    assert "it is compressed" in caplog.text


def test_F15_a_refusal_with_a_huge_body_is_still_a_refusal() -> None:
    here = answering(422, b"x" * 2_000_000)

    assert only(here.deliver([delivery("a")])).state == "failed"


@pytest.mark.parametrize(
    "body",
    [
        {"campaign_id": "other", "amount": 5},
        {"campaign_id": "search", "amount": -5},
        {"campaign_id": "search", "amount": "5"},
        {"campaign_id": "search"},
    ],
    ids=["another campaign", "below nothing", "a text", "no amount"],
)
def test_F15_a_budget_that_cannot_be_one_is_not_believed(body: dict[str, object]) -> None:
    here = answering(200, body)

    with pytest.raises(ProviderError):
        here.budget("search")


def test_a_body_that_names_the_token_or_a_contact_is_logged_without_them(
    caplog: pytest.LogCaptureFixture,
) -> None:
    here = answering(400, f"Bearer {TOKEN} may not reach contact-no-9".encode())

    here.deliver([delivery("a", "contact-no-9")])

    assert "Bearer [hidden] may not reach [hidden]" in caplog.text
