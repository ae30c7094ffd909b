"""What is dear to make: made once for all processes of a test run, and copied by whoever uses it.

A test never sees what another wrote, since nobody opens what was made, not even to read: a database
that is only read has files beside it that a copy would catch half-written.
"""

import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_places: list[Path] = []


@pytest.fixture(scope="session", autouse=True)
def _place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The folder that all processes of this test run share; pytest clears it away."""
    ours = tmp_path_factory.getbasetemp()
    _places.append(ours.parent if hasattr(request.config, "workerinput") else ours)


def empty() -> Path:
    """An empty folder of one's own."""
    return Path(tempfile.mkdtemp(prefix="own-", dir=_places[-1]))


def copy_of(folder: Path) -> Path:
    """The same workspace, to do with as one likes."""
    target = empty() / "workspace"
    shutil.copytree(folder, target)
    return target


def made_once(name: str, make: Callable[[], Path]) -> Path:
    """A copy of the workspace of that name, which the first process to ask makes; others wait."""
    made = _places[-1] / f"made-{name}"
    with _alone(made.with_suffix(".lock")):
        if not made.exists():
            make().rename(made)
    return copy_of(made)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # the system lets go of it when the process ends
        yield
