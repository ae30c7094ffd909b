"""The bench: one run of the store sample, in a process of its own, timed as a whole."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.initialising import initialise
from domain.errors import IntegrityError


def bench_store(folder: Path, progress: Callable[[str], None]) -> dict[str, Any]:
    """Make the store afresh and run it once; `clearance run --json`'s answer."""
    shutil.rmtree(folder, ignore_errors=True)
    initialise(folder, "store", progress)
    progress("running one cycle over 64,000 contacts")
    command = [sys.executable, "-m", "app.cli", "run", "--workspace", str(folder), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise IntegrityError(f"The run failed: {done.stderr.strip()[-300:]}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
