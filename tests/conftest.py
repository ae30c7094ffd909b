"""What holds for every test: checkpoints are read strictly, as in the product."""

from tools.strictness import require_strict_checkpoints

require_strict_checkpoints()  # a test file may import LangGraph before anything of ours

pytest_plugins = ["tests.postgres.server"]
