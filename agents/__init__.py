"""The three agents: who asks."""

from tools.strictness import require_strict_checkpoints

require_strict_checkpoints()  # before any module here imports LangGraph
