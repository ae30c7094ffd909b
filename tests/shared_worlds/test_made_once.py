"""What all processes of a test run share: made once, and nobody sees what another wrote."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep
from uuid import uuid4

import pytest

from tests.shared import empty, made_once


def test_whoever_asks_meanwhile_waits_and_it_is_made_once() -> None:
    name, made = f"slow-{uuid4()}", []

    def make() -> Path:
        made.append(1)
        folder = empty() / "workspace"
        folder.mkdir()
        sleep(0.1)
        (folder / "word").write_text("here")
        return folder

    with ThreadPoolExecutor(4) as pool:
        copies = list(pool.map(lambda _: made_once(name, make), range(4)))

    assert len(made) == 1
    assert len(set(copies)) == 4
    assert {(one / "word").read_text() for one in copies} == {"here"}


def test_what_one_writes_into_its_copy_no_other_copy_has() -> None:
    name = f"shared-{uuid4()}"

    def make() -> Path:
        folder = empty() / "workspace"
        folder.mkdir()
        return folder

    (made_once(name, make) / "mine").write_text("mine")

    assert not any(made_once(name, make).iterdir())


def test_what_could_not_be_made_is_made_by_the_next_who_asks() -> None:
    name = f"failing-{uuid4()}"

    def fail() -> Path:
        raise OSError("no")

    folder = empty()
    with pytest.raises(OSError, match=r"^no$"):
        made_once(name, fail)

    assert made_once(name, lambda: folder).exists()
