"""Cases and their tests: which are named after a case, and whether they pass."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Literal
from xml.etree import ElementTree

from domain.errors import ConfigurationError
from domain.record import Record
from evals.known_failures.cases import Case

ROOT: Final = Path(__file__).parents[2]
NAMED: Final = re.compile(r"^(?:async )?def (test_([WL]\d+)_\w+)\(", re.MULTILINE)
STANDARD_ERROR: Final = 2
Outcome = Literal["passed", "failed", "not_run"]
Verdict = Literal["held", "broken", "untested"]


class NamedTest(Record):
    """`file`: from the root of the repository. `outcome`: of all its parameters together; a test
    that was skipped, or never came to run, has proven nothing."""

    name: str
    file: str
    outcome: Outcome = "not_run"


class Proof(Record):
    """What became of one case."""

    case_id: str
    words: str
    here: str
    tests: tuple[NamedTest, ...]

    @property
    def verdict(self) -> Verdict:
        """Held where every test of it passed, and there is one."""
        outcomes = {one.outcome for one in self.tests}
        if "failed" in outcomes:
            return "broken"
        return "held" if outcomes == {"passed"} else "untested"


def named_tests(root: Path = ROOT) -> dict[str, tuple[NamedTest, ...]]:
    """The tests under `tests` that are named after each case, by file and place."""
    found: dict[str, tuple[NamedTest, ...]] = {}
    for file in sorted((root / "tests").rglob("test_*.py")):
        place = file.relative_to(root).as_posix()
        for name, case_id in NAMED.findall(file.read_text()):
            found[case_id] = (*found.get(case_id, ()), NamedTest(name=name, file=place))
    return found


def prove(cases: Sequence[Case], root: Path = ROOT) -> tuple[Proof, ...]:
    """Run the tests of the cases, in one run of pytest whose words go to standard error.

    Raises ConfigurationError where pytest could not be run.
    """
    tests = {one.case_id: named_tests(root).get(one.case_id, ()) for one in cases}
    outcomes = _run(tests, root)
    return tuple(_proof(one, tests[one.case_id], outcomes) for one in cases)


def _proof(
    case: Case, tests: Sequence[NamedTest], outcomes: Mapping[tuple[str, str], Outcome]
) -> Proof:
    seen = (
        one.model_copy(update={"outcome": outcomes.get((one.file, one.name), "not_run")})
        for one in tests
    )
    return Proof(case_id=case.case_id, words=case.words, here=case.here, tests=tuple(seen))


def _run(tests: Mapping[str, Sequence[NamedTest]], root: Path) -> dict[tuple[str, str], Outcome]:
    """The outcome of each test by file and name. A file that can't be read leaves its tests out."""
    files = sorted({one.file for each in tests.values() for one in each})
    if not files:
        return {}
    wanted = " or ".join(f"test_{case_id}_" for case_id in tests)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        options = ["-q", "--continue-on-collection-errors", "-k", wanted, f"--junitxml={report}"]
        command = [sys.executable, "-m", "pytest", *options, *files]
        subprocess.run(command, cwd=root, stdout=STANDARD_ERROR, check=False)
        if not report.exists():
            raise ConfigurationError(
                f"Expected pytest to run in {root}, and it told nothing.",
                "Set up the environment with `make setup`; its own words are above.",
            )
        return _outcomes(ElementTree.parse(report).getroot())


def _outcomes(report: ElementTree.Element) -> dict[tuple[str, str], Outcome]:
    """Of a test with parameters, the worst of them all."""
    found: dict[tuple[str, str], Outcome] = {}
    for case in report.iter("testcase"):
        place = (_file(case.get("classname", "")), case.get("name", "").partition("[")[0])
        found[place] = max(found.get(place, "passed"), _outcome(case), key=WORSE.index)
    return found


WORSE: Final[tuple[Outcome, ...]] = ("passed", "not_run", "failed")


def _outcome(case: ElementTree.Element) -> Outcome:
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "passed" if case.find("skipped") is None else "not_run"


def _file(module: str) -> str:
    return f"{module.replace('.', '/')}.py"
