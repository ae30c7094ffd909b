"""The relay's fixtures: a tiny workspace, and a provider in memory."""

from tests.feedback.conftest import desk
from tests.relay.conftest import house, planted, post, tower

__all__ = ["desk", "house", "planted", "post", "tower"]
