"""The meta-agent: who decides."""

from tools.strictness import require_strict_checkpoints

require_strict_checkpoints()  # before any module here imports LangGraph
