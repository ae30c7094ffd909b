"""A provider over HTTP: what every answer, and every missing one, means for a delivery.

docs/provider_protocol.md is the protocol; docs/decisions/providers.md says why each answer becomes
the receipt it becomes. The rule: `later` only where the provider surely did nothing, `failed` only
where it said so, everything else is `unknown`.
"""

import json
import logging
import ssl
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final, TypeVar
from urllib.parse import quote
from weakref import finalize

import httpx
from pydantic import ValidationError

from domain.errors import ProviderError
from domain.record import Record
from tools.clock import SystemClock, stopwatch
from tools.connectors.answers import (
    LONGEST_WAIT,
    Answer,
    Result,
    Results,
    ShownBudget,
    read_answer,
    shown,
    wait_asked,
)
from tools.connectors.protocols import Delivery, Receipt, Terms

log = logging.getLogger(__name__)
R = TypeVar("R", bound=Record)
NOT_REACHED: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Nothing was sent: no name, no route, no listener, no trust."""
UNDECIDED: Final = (408, 409, 425)
"""It did not hear all, or is still busy with the same key."""


class HttpProvider:
    """One provider at a URL. `token` goes as a bearer token and into no log; `timeout` in seconds,
    for each step of a call and for its answer as a whole."""

    def __init__(
        self,
        url: str,
        terms: Terms,
        token: str | None = None,
        timeout: float = 10.0,
        client: httpx.Client | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self.terms_ = terms
        self.token = token
        self.timeout = timeout
        self._given = client

    @property
    def terms(self) -> Terms:
        return self.terms_

    def deliver(self, batch: Sequence[Delivery]) -> list[Receipt]:
        """One call for all. A key that comes with two bodies is refused here, before any call."""
        twice = _two_bodies(batch)
        asked = list({one.key: one for one in batch if one.key not in twice}.values())
        said = self._hand_over(asked) if asked else {}
        return [
            _receipt(one.key, "failed", reason="payload_altered")
            if one.key in twice
            else said[one.key]
            for one in batch
        ]

    def lookup(self, keys: Sequence[str]) -> dict[str, Receipt]:
        if not keys:
            return {}
        answer = self._ask("POST", "/lookup", {"keys": list(keys)})
        found = _by_key(self._believed(answer, Results), keys)
        if found is None:
            raise self._nonsense("it names keys we did not ask for")
        return {key: _receipt_of(one) for key, one in found.items()}

    def budget(self, campaign_id: str) -> int | None:
        answer = self._ask("GET", f"/budgets/{quote(campaign_id, safe='')}")
        said = self._believed(answer, ShownBudget)
        if said.campaign_id != campaign_id:
            raise self._nonsense("it shows another campaign")
        return said.amount

    @cached_property
    def _client(self) -> httpx.Client:
        """Made on the first call, in the process that calls; its connections end with us."""
        client = self._given or client_for(self.url, self.terms)
        finalize(self, client.close).atexit = False
        return client

    def _hand_over(self, batch: Sequence[Delivery]) -> dict[str, Receipt]:
        keys = [one.key for one in batch]
        body = {"deliveries": [one.model_dump(mode="json") for one in batch]}
        hidden = tuple({one.contact_id for one in batch if one.contact_id})
        try:
            answer = self._call("POST", "/deliveries", body)
        except NOT_REACHED as error:
            self._warn(f"was not reached: {type(error).__name__}")
            return _all(keys, "later", unreachable=True)
        except httpx.TransportError as error:  # something may have been sent
            self._warn(f"gave no answer: {type(error).__name__}")
            return _all(keys, "unknown")
        return self._understand(answer, keys, hidden)

    def _understand(
        self, answer: Answer, keys: Sequence[str], hidden: tuple[str, ...]
    ) -> dict[str, Receipt]:
        """Receipts by key, from an answer that came whole."""
        if answer.good:
            return self._results(answer, keys, hidden)
        self._warn(f"answered {answer.status}: {self._shown(answer.body, hidden)}")
        wait = wait_asked(answer.headers, SystemClock().now())
        match answer.status:
            case 429:
                return _all(keys, "later", retry_after=wait)
            case 503 if wait is not None:
                return _all(keys, "later", retry_after=wait)
            case 401 | 407:
                return _all(keys, "later", unreachable=True)
            case status if 300 <= status < 400:
                return _all(keys, "later", unreachable=True)
            case status if 400 <= status < 500 and status not in UNDECIDED:
                return _all(keys, "failed", reason="provider_refused")
            case _:
                return _all(keys, "unknown")

    def _results(
        self, answer: Answer, keys: Sequence[str], hidden: tuple[str, ...]
    ) -> dict[str, Receipt]:
        """A key the answer leaves out, or all of them where it can't be believed, may have been
        acted on."""
        said = self._read(answer, Results, hidden)
        found = _by_key(said, keys) if said else None
        if found is None:
            return _all(keys, "unknown")
        told = {key: _receipt_of(one) for key, one in found.items()}
        return _all(keys, "unknown") | told

    def _ask(self, method: str, path: str, body: Any = None) -> Answer:
        """A call that changes nothing. Raises ProviderError where it is not answered with a 2xx."""
        try:
            answer = self._call(method, path, body)
        except httpx.TransportError as error:
            raise self._silent(type(error).__name__) from None
        if not answer.good:
            raise self._silent(f"it answered {answer.status}")
        return answer

    def _call(self, method: str, path: str, body: Any) -> Answer:
        """Raises httpx.TransportError where no answer came."""
        content = None if body is None else json.dumps(body).encode()
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        if content is not None:
            headers["Content-Type"] = "application/json"
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        deadline = stopwatch() + self.timeout
        with self._client.stream(
            method, self.url + path, content=content, headers=headers, timeout=self.timeout
        ) as response:
            return read_answer(response, deadline, stopwatch)

    def _believed(self, answer: Answer, kind: type[R]) -> R:
        said = self._read(answer, kind)
        if said is None:
            raise self._nonsense("it has not the form of the protocol")
        return said

    def _read(self, answer: Answer, kind: type[R], hidden: tuple[str, ...] = ()) -> R | None:
        """The body as the record it must be; None, and a line in the log, where it is not."""
        why = answer.unreadable
        if why is None:
            try:
                return kind.model_validate_json(answer.body)
            except ValidationError:
                why = "it has not the form of the protocol"
        self._warn(f"gave an answer that can't be read, {why}: {self._shown(answer.body, hidden)}")
        return None

    def _silent(self, why: str) -> ProviderError:
        return ProviderError(
            f"Expected an answer of provider `{self.terms.provider}`, found none: {why}.",
            "It is asked again later.",
        )

    def _nonsense(self, why: str) -> ProviderError:
        return ProviderError(
            f"Provider `{self.terms.provider}` gave an answer that can't be used: {why}.",
            "It must speak docs/provider_protocol.md.",
        )

    def _shown(self, body: bytes, hidden: tuple[str, ...] = ()) -> str:
        return shown(body, (self.token or "", *hidden))

    def _warn(self, what: str) -> None:
        log.warning("provider %s %s", self.terms.provider, what)


def client_for(url: str, terms: Terms) -> httpx.Client:
    """A client that never repeats a call by itself, follows no redirect, and reads no proxy from
    the environment. A provider that knows no keys gets a new connection for each call: a kept one
    that breaks would leave in the dark whether it acted."""
    kept = 4 if terms.keys else 0
    trust: ssl.SSLContext | bool = url.startswith("https") and ssl.create_default_context()
    limits = httpx.Limits(max_keepalive_connections=kept)
    transport = httpx.HTTPTransport(verify=trust, retries=0, limits=limits)
    return httpx.Client(transport=transport, follow_redirects=False, trust_env=False)


def _two_bodies(batch: Sequence[Delivery]) -> set[str]:
    """Keys that come with more than one payload."""
    last = {one.key: one.payload_hash for one in batch}
    return {one.key for one in batch if one.payload_hash != last[one.key]}


def _by_key(said: Results, asked: Sequence[str]) -> dict[str, Result] | None:
    """Results by key; None where they speak of keys that were not asked, or say two things."""
    found: dict[str, Result] = {}
    for one in said.results:
        if found.setdefault(one.key, one) != one:
            return None
    return found if set(found) <= set(asked) else None


def _receipt_of(one: Result) -> Receipt:
    wait = None if one.retry_after is None else min(one.retry_after, LONGEST_WAIT)
    return _receipt(
        one.key,
        one.state,
        reason="provider_refused" if one.state == "failed" else None,
        provider_ref=one.ref,
        retry_after=wait if one.state == "later" else None,
    )


def _all(keys: Sequence[str], state: str, **more: object) -> dict[str, Receipt]:
    return {key: _receipt(key, state, **more) for key in keys}


def _receipt(key: str, state: str, **more: object) -> Receipt:
    said = {"key": key, "state": state, "reason": None, "provider_ref": None}
    return Receipt.model_validate(said | more)
