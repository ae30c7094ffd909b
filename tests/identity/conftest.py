"""The relay's fixtures: a tiny workspace, and a provider in memory."""

from tests.relay.conftest import house, planted, post, tower

__all__ = ["house", "planted", "post", "tower"]
