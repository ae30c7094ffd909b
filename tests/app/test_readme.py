"""What the README and the docs promise, done as they say."""

import re
import shlex
from pathlib import Path

import pytest

from tests.app.commands import ROOT, clearance

README = (ROOT / "README.md").read_text()


def test_every_command_of_the_readme_works_in_its_order(tmp_path: Path) -> None:
    block = re.search(r"```sh\n(.*?)```", README, re.DOTALL)
    assert block is not None
    lines = block.group(1).strip().splitlines()
    assert len(lines) >= 8

    for line in lines:
        program, *words = shlex.split(line)
        assert program == "clearance"
        placed = [str(tmp_path / "demo") if word == "demo" else word for word in words]
        answer = clearance(*placed)
        assert answer.code == 0, (line, answer.error)
        assert max(map(len, answer.out.splitlines()), default=0) <= 100, line


@pytest.mark.parametrize("link", re.findall(r"\]\((docs/[a-z_]+\.md)\)", README))
def test_every_page_the_readme_links_to_is_there(link: str) -> None:
    assert (ROOT / link).stat().st_size > 200


def test_every_name_of_the_glossary_stands_in_the_code() -> None:
    code = "\n".join(
        file.read_text()
        for room in ("domain", "policies", "tools", "agents", "graph", "app")
        for file in (ROOT / room).rglob("*.py")
    )
    rows = re.findall(
        r"^\| [a-z ]+ \| .* \| `(\w+)` \|$", (ROOT / "docs/glossary.md").read_text(), re.M
    )
    assert len(rows) > 40

    missing = [name for name in rows if not re.search(rf"\b{name}\b", code)]
    assert not missing


def test_make_help_lists_every_target_with_what_it_does() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^([a-z]+):.*## (.+)$", makefile, re.MULTILINE)

    assert {name for name, _ in targets} == {
        "help",
        "setup",
        "demo",
        "test",
        "check",
        "eval",
        "bench",
        "faults",
    }


def test_the_locks_name_no_registry() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        assert "://" not in (ROOT / name).read_text()


def test_no_other_distribution_owns_our_names() -> None:
    from importlib.metadata import packages_distributions

    owners = packages_distributions()
    for room in ("domain", "policies", "tools", "agents", "graph", "app"):
        assert set(owners.get(room, ["clearance"])) == {"clearance"}


def test_help_imports_nothing_heavy() -> None:
    import subprocess
    import sys

    code = (
        "import sys; sys.argv = ['clearance', '--help']\n"
        "import app.cli\n"
        "try: app.cli.main()\n"
        "except SystemExit: pass\n"
        "heavy = {'polars', 'duckdb', 'sklearn', 'langgraph', 'sqlalchemy', 'scipy', "
        "'matplotlib'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stderr.strip().endswith("[]")
    assert "clearance" in done.stdout


def test_the_page_of_data_says_what_the_code_declares() -> None:
    from tools.warehouse.describing import data_page

    assert (ROOT / "docs/data.md").read_text() == data_page()
