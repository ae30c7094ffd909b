"""LangGraph's strict reading of checkpoints, switched on before LangGraph is imported.

Without it a checkpoint names any callable and LangGraph imports and calls it on load
(CVE-2026-28277): who can write the checkpoint file could run code. The switch is read once, when
LangGraph's serialiser is first imported, so it has to be set by whoever imports LangGraph.
"""

import os
import sys
from collections.abc import Mapping, MutableMapping

from domain.errors import ConfigurationError

SWITCH = "LANGGRAPH_STRICT_MSGPACK"
SERIALISER = "langgraph.checkpoint.serde._msgpack"


def require_strict_checkpoints(
    environment: MutableMapping[str, str] = os.environ,
    modules: Mapping[str, object] = sys.modules,
) -> None:
    """Set the switch. Raises ConfigurationError where LangGraph was imported without it."""
    serialiser = modules.get(SERIALISER)
    if serialiser is not None and not getattr(serialiser, "STRICT_MSGPACK_ENABLED", False):
        raise ConfigurationError(
            f"Expected {SWITCH}=true before LangGraph is imported; found it imported without.",
            f"Import `graph` or `agents` before `langgraph`, or start with {SWITCH}=true.",
        )
    environment[SWITCH] = "true"
