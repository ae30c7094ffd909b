"""A problem as a folder comes back as it was, and a bad folder is refused in one sentence."""

import json
from pathlib import Path

import polars as pl
import pytest

from domain.errors import DataError
from graph.arbitration.files import read, write, write_plan
from graph.arbitration.instances import family
from graph.arbitration.problem import CapLimit, Problem, ResourceLimit, Share
from graph.arbitration.solving import solve
from tests.arbitration.worlds import MONDAY, campaign, candidate, problem_of


def written(folder: Path) -> Problem:
    problem = problem_of(
        [candidate(0, 7, 30, slot=MONDAY), candidate(1, 7, 20)],
        [(0, "money", 2.0)],
        [("touches", 7, 1)],
        caps=(CapLimit(name="touches", per="contact", at_most=2),),
        resources=(ResourceLimit(name="money", at_most=900.0),),
        campaigns=(campaign("search"),),
    )
    write(problem, folder)
    return problem


def test_a_written_problem_reads_back_whole(tmp_path: Path) -> None:
    problem = written(tmp_path)

    back = read(tmp_path)

    assert back.candidates.equals(problem.candidates)
    assert back.uses.equals(problem.uses)
    assert back.remaining.equals(problem.remaining)
    assert back.limits == problem.limits


def test_every_key_of_the_limits_may_be_left_out(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "remaining.parquet").unlink()
    (tmp_path / "limits.json").write_text("{}")

    problem = read(tmp_path)

    assert problem.limits.alternatives == ()
    assert solve(problem).chosen.all()


def test_a_curve_says_its_kind(tmp_path: Path) -> None:
    written(tmp_path)
    curve = {"kind": "hill", "scale": 10, "half": 5, "shape": 1}
    one = {"name": "search", "resource": "money", "now": 10, "max_step": 0.1, "curve": curve}

    (tmp_path / "limits.json").write_text(json.dumps({"campaigns": [one]}))
    assert read(tmp_path).limits.campaigns[0].curve.half == 5

    curve["kind"] = "s-shaped"
    (tmp_path / "limits.json").write_text(json.dumps({"campaigns": [one]}))
    with pytest.raises(DataError, match="kind hill, found s-shaped"):
        read(tmp_path)


BAD = [
    ('{"capps": []}', "capps"),
    ('{"caps": [{"name": "a", "per": "town", "where": {}, "at_most": 1}]}', "per"),
    ('{"caps": [{"name": "a", "per": "contact", "where": {"mood": "x"}, "at_most": 1}]}', "mood"),
    ('{"exclusions": [["mood", "a", "offer", "b"]]}', "mood"),
    ('{"requires": [["offer", "a", "mood", "b"]]}', "mood"),
    ('{"fatigue": []}', "fatigue"),
    ('{"resources": [{"name": "a"}, {"name": "a"}]}', "same name"),
    ('{"resources": [{"name": "a", "at_most_share": {"of": "b", "share": 0.5}}]}', "unknown b"),
    ('{"resources": [{"name": "touches", "at_most": 3}]}', "touches"),
    ("[]", "JSON object"),
    ("{", "no JSON"),
]


@pytest.mark.parametrize(("text", "words"), BAD)
def test_limits_that_make_no_sense_are_refused(tmp_path: Path, text: str, words: str) -> None:
    written(tmp_path)
    (tmp_path / "limits.json").write_text(text)

    with pytest.raises(DataError, match=words):
        read(tmp_path)


def test_a_missing_file_and_a_missing_column_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"candidates\.parquet is missing"):
        read(tmp_path)

    written(tmp_path)
    file = tmp_path / "candidates.parquet"
    pl.read_parquet(file).drop("value").write_parquet(file)
    with pytest.raises(DataError, match="lacks the column value"):
        read(tmp_path)

    file.write_text("no parquet")
    with pytest.raises(DataError, match="no Parquet file"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"value": None}, "no value"),
        ({"value": float("inf")}, "not finite"),
        ({"candidate": 1}, "same number"),
        ({"contact": None}, "no contact"),
    ],
)
def test_candidates_that_contradict_themselves_are_refused(
    change: dict[str, object], words: str
) -> None:
    with pytest.raises(DataError, match=words):
        problem_of([{**candidate(0, 7, 30), **change}, candidate(1, 7, 20)])


def test_uses_below_nothing_or_of_strangers_are_refused() -> None:
    with pytest.raises(DataError, match="less than nothing"):
        problem_of([candidate(0, 7, 30)], [(0, "money", -1.0)])
    with pytest.raises(DataError, match="candidate 5"):
        problem_of([candidate(0, 7, 30)], [(5, "money", 1.0)])


def test_a_share_may_name_a_resource_that_only_uses_mention() -> None:
    share = ResourceLimit(name="discount", at_most_share=Share(of="sent", share=0.5))
    uses = [(0, "sent", 1.0), (1, "sent", 1.0), (0, "discount", 1.0)]
    problem = problem_of([candidate(0, 7, 30), candidate(1, 8, 20)], uses, resources=(share,))

    assert solve(problem).chosen.all()


def test_the_answer_lies_beside_in_three_files(tmp_path: Path) -> None:
    problem = written(tmp_path)
    plan = solve(problem)

    said = write_plan(problem, plan, tmp_path / "out")

    chosen = pl.read_parquet(tmp_path / "out" / "chosen.parquet")
    assert chosen.rows() == [(0, 1.0, False)]
    assert json.loads((tmp_path / "out" / "budgets.json").read_text()) == plan.budgets
    assert json.loads((tmp_path / "out" / "prices.json").read_text()) == plan.prices
    assert said["status"] == "optimal within gap"
    assert said["violations"] == []
    assert said["seconds"]["total"] > 0


def test_the_family_of_instances_survives_the_folder(tmp_path: Path) -> None:
    problem = family(50, 10, 2)
    write(problem, tmp_path)

    assert (solve(read(tmp_path)).chosen == solve(problem).chosen).all()
