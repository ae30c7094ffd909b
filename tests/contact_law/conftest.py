"""A relay around a tiny workspace, as the relay's own tests have it."""

from tests.relay.conftest import house, planted, post, tower

__all__ = ["house", "planted", "post", "tower"]
