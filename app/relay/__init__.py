"""The relay: the only one that delivers. Each effect is judged again at the door."""

from app.relay.delivered import Delivered
from app.relay.relay import Relay

__all__ = ["Delivered", "Relay"]
