"""A tiny workspace in which whole runs can be made."""

from tests.relay.conftest import house, planted, post, tower

__all__ = ["house", "planted", "post", "tower"]
