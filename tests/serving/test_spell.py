"""A slow provider is kept busy between two ticks of the scheduler, and not for longer."""

from types import SimpleNamespace
from typing import Any

import pytest

from app import running, serving
from app.relay import Delivered
from app.serving import HouseWork


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What the next passes of the relay accept; then nothing."""
    left = [4, 4, 2]

    def deliver(*_: Any) -> Delivered:
        return Delivered(accepted=left.pop(0) if left else 0)

    monkeypatch.setattr(running, "deliver", deliver)
    monkeypatch.setattr(serving, "BREATH_SECONDS", 0.0)
    return left


def work() -> HouseWork:
    unguarded: Any = SimpleNamespace(storage=SimpleNamespace(guard=lambda act: act()))
    return HouseWork(unguarded)


def test_passes_go_on_while_something_goes(passes: list[int]) -> None:
    work().deliver()

    assert passes == []


def test_a_spell_ends_before_the_next_tick(
    passes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "SPELL_SECONDS", 0.0)

    work().deliver()

    assert passes == [4, 2]
