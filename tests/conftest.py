"""What holds for every test: checkpoints are read strictly, as in the product, and no example has a
deadline, since a busy machine is no fault of the code."""

from hypothesis import settings

from tools.strictness import require_strict_checkpoints

require_strict_checkpoints()  # a test file may import LangGraph before anything of ours

settings.register_profile("house", deadline=None)
settings.load_profile("house")

pytest_plugins = ["tests.postgres.server", "tests.shared"]
