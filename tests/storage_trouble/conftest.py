"""The tiny workspace and the relay's post of tests/relay, for trouble with what they stand on."""

from tests.relay.conftest import house, planted, post, tower

__all__ = ["house", "planted", "post", "tower"]
