"""The tiny workspace of the relay's tests."""

from tests.relay.conftest import house, planted, tower

__all__ = ["house", "planted", "tower"]
