"""The tiny workspace, whose configuration the tests give a second objective."""

from tests.relay.conftest import house, planted, tower

__all__ = ["house", "planted", "tower"]
