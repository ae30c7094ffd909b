"""The tiny workspace and the relay's post of tests/relay, for what becomes of approvals."""

from tests.relay.conftest import house, planted, post, tower

__all__ = ["house", "planted", "post", "tower"]
