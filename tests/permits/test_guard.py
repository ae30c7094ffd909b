"""Nothing passes the guard without a permit that holds; each check is shown to be needed."""

import ast
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from domain import permit as permits
from domain.permit import Sheet
from tests.permits.world import NOW, Clock, delivery, permit
from tests.relay.twin import Twin
from tools.connectors.guarded import GuardedDoors
from tools.connectors.protocols import Delivery, Receipt, Terms
from tools.permit_keys import Signer, keys_in, signer_in

KEYED = Terms(provider="twin", keys=True, lookup=True)


@dataclass
class Gatehouse:
    """A twin behind the guard, a clock, and who signs."""

    twin: Twin
    clock: Clock
    signer: Signer
    doors: GuardedDoors

    def sheet(self, *minted: permits.Permit) -> Sheet:
        bodies = {one.effect_id: one.body for one in minted}
        return Sheet(self.signer.sign(list(bodies.values())), bodies)

    def deliver(self, sheet: Sheet, *batch: Delivery) -> list[Receipt]:
        return self.doors.provider("email").deliver(batch, sheet)


@pytest.fixture
def at(tmp_path: Path) -> Gatehouse:
    secret, public = tmp_path / "permits.key", tmp_path / "permits.pub"
    signer, twin, clock = signer_in(secret, public), Twin(KEYED), Clock(NOW)
    return Gatehouse(twin, clock, signer, GuardedDoors(twin, keys_in(public), clock))


def test_what_has_a_permit_goes_and_what_has_none_does_not(at: Gatehouse) -> None:
    said = at.deliver(at.sheet(permit()), delivery(key="e0"), delivery(), delivery(key="e2"))

    assert at.twin.calls == [["e1"]]
    assert [(one.key, one.state, one.reason) for one in said] == [
        ("e0", "later", "permit_missing"),
        ("e1", "accepted", None),
        ("e2", "later", "permit_missing"),
    ]


def test_a_permit_that_ran_out_on_the_way_lets_nothing_out(at: Gatehouse) -> None:
    sheet = at.sheet(permit())
    at.clock.at = permit().expires_at

    said = at.deliver(sheet, delivery())

    assert (at.twin.calls, said[0].reason) == ([], "permit_expired")


@pytest.mark.parametrize(
    "change", [{"contact_id": "C2"}, {"treatment": "launch_mail"}, {"channel": "sms"}]
)
def test_what_was_changed_on_the_way_does_not_go(at: Gatehouse, change: dict[str, object]) -> None:
    said = at.deliver(at.sheet(permit()), delivery(**change))

    assert (at.twin.calls, said[0].reason) == ([], "permit_of_another")


def test_the_permit_of_one_message_is_none_for_another(at: Gatehouse) -> None:
    theirs = at.sheet(permit()).bodies["e1"]
    borrowed = Sheet(at.signer.sign([theirs]), {"e2": theirs})

    said = at.deliver(borrowed, delivery(key="e2"))

    assert (at.twin.calls, said[0].reason) == ([], "permit_of_another")


def test_a_permit_that_nobody_trusted_signed_lets_nothing_out(
    at: Gatehouse, tmp_path: Path
) -> None:
    stranger = signer_in(tmp_path / "theirs.key", tmp_path / "theirs.pub")
    forged = Sheet(stranger.sign([permit().body]), {"e1": permit().body})

    said = at.deliver(forged, delivery())

    assert (at.twin.calls, said[0].reason) == ([], "permit_forged")


def test_a_permit_whose_words_were_changed_after_signing_lets_nothing_out(at: Gatehouse) -> None:
    sheet = at.sheet(permit(), permit(effect_id="e2"))
    later = permit(expires_at=NOW + timedelta(days=9)).body
    longer = replace(sheet, bodies={**sheet.bodies, "e1": later})
    at.clock.at += timedelta(hours=1)

    said = at.deliver(longer, delivery(), delivery(key="e2"))

    assert at.twin.calls == []
    assert [one.reason for one in said] == ["permit_missing", "permit_expired"]


def forged(at: Gatehouse) -> tuple[Sheet, Delivery]:
    seal = at.sheet(permit()).seal.model_copy(update={"signature": "00" * 64})
    return Sheet(seal, {"e1": permit().body}), delivery()


def reworded(at: Gatehouse) -> tuple[Sheet, Delivery]:
    sheet = at.sheet(permit(channel="sms"))
    return replace(sheet, bodies={"e1": permit().body}), delivery()


def changed(at: Gatehouse) -> tuple[Sheet, Delivery]:
    return at.sheet(permit()), delivery(contact_id="C2")


def expired(at: Gatehouse) -> tuple[Sheet, Delivery]:
    at.clock.at = permit().expires_at
    return at.sheet(permit()), delivery()


def missing(at: Gatehouse) -> tuple[Sheet, Delivery]:
    return at.sheet(), delivery()


WITHOUT = {
    "is_signed": (forged, lambda *_: True),
    "leaf_of": (
        reworded,
        lambda _: permits.sha256(permit(channel="sms").body.encode()).hexdigest(),
    ),
    "payload_hash": (changed, lambda *_: permit().payload_hash),
}


@pytest.mark.parametrize("check", sorted(WITHOUT))
def test_without_any_one_check_something_passes_that_must_not(
    check: str, at: Gatehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    strike, gone = WITHOUT[check]
    sheet, outgoing = strike(at)
    at.deliver(sheet, outgoing)
    assert at.twin.calls == []

    monkeypatch.setattr(permits, check, gone)
    at.deliver(sheet, outgoing)

    assert at.twin.calls == [["e1"]]


@pytest.mark.parametrize("strike", [forged, reworded, changed, expired, missing])
def test_without_the_guard_everything_passes(
    strike: Callable[[Gatehouse], tuple[Sheet, Delivery]], at: Gatehouse
) -> None:
    sheet, outgoing = strike(at)

    at.deliver(sheet, outgoing)
    assert at.twin.calls == []
    at.twin.deliver([outgoing])

    assert at.twin.calls == [["e1"]]


def test_only_the_guard_calls_a_connector() -> None:
    house = Path(permits.__file__).parent.parent
    calls = [
        file.relative_to(house).as_posix()
        for folder in ("domain", "policies", "tools", "agents", "graph", "app")
        for file in sorted((house / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "deliver"
        and ast.unparse(node.func.value) != "running"  # a pass of the relay, not a connector's call
    ]

    assert sorted(calls) == ["app/relay/handing.py", "tools/connectors/guarded.py"]
