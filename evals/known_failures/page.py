"""docs/known_failures.md: the cases with their tests, whose names are the promises in words."""

from collections.abc import Mapping, Sequence

from evals.known_failures.cases import FAILURES, LAW, Case
from evals.known_failures.proving import NamedTest

HEAD = """# What other products get wrong, and what contact law asks

Each line has tests named after it (`test_W4_...`, `test_L19_...`); what they promise is their name.
`python -m evals.known_failures` runs them, a line each, and ends with 1 where one did not hold;
`python -m evals.known_failures W4 L19` runs these alone. The tables are printed by
`python -m evals.known_failures --page`, and a test compares them with the tests there are.

Contact law here is a test specification, not legal advice.
"""
OF_OTHERS = """
## Other products

| | What happens elsewhere | What comes of it here | Tests |
| --- | --- | --- | --- |
"""
OF_LAW = """
## Contact law

| | What is asked | Tests |
| --- | --- | --- |
"""


def page(tests: Mapping[str, Sequence[NamedTest]]) -> str:
    """The whole page, of the tests by case."""
    others = "".join(_row(one, tests.get(one.case_id, ())) for one in FAILURES)
    law = "".join(_row(one, tests.get(one.case_id, ())) for one in LAW)
    return f"{HEAD}{OF_OTHERS}{others}{OF_LAW}{law}"


def _row(case: Case, tests: Sequence[NamedTest]) -> str:
    said = [case.words, case.here] if case.here else [case.words]
    return f"| {' | '.join([case.case_id, *said, '; '.join(map(_promise, tests))])} |\n"


def _promise(test: NamedTest) -> str:
    """A test's name in words."""
    return test.name.split("_", 2)[2].replace("_", " ")
