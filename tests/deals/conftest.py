"""The tiny workspace, in which account `deal` (c12, c13) has an open deal at negotiation."""

from tests.relay.conftest import house, planted, tower

__all__ = ["house", "planted", "tower"]
