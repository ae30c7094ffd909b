"""A harness's command in a process of its own: it forks, and a test's process has threads."""

import json
import subprocess
import sys
from typing import Any


def said(module: str, *arguments: str) -> Any:
    """What the command says as JSON. It must end well."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)
