"""Strategists: their figures follow their sources, and each speaks for its own agent, once."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from agents import ads, email, sales
from agents.desk import Desk
from agents.figures import least_share, sample_size
from agents.filing import proposal
from domain.errors import IntegrityError
from domain.names import AgentName
from domain.proposal import ProgrammeProposal
from tests.agents.worlds import curve, desk_in, filed, treatment


def test_the_sample_size_follows_its_formula() -> None:
    # from 30% to 50%: 2 x 0.4 x 0.6 x 2.8^2 / 0.2^2 = 94.08
    assert sample_size(0.3, 0.2) == 95
    assert sample_size(0.3, -0.2) < sample_size(0.3, 0.1)
    assert sample_size(0.0, -0.2) > 0


def test_the_least_share_is_wilson_s() -> None:
    counts = pl.DataFrame({"hits": [10, 0, 5], "total": [100, 100, 5]})

    found = counts.select(least=least_share("hits", "total")).get_column("least").to_list()

    assert found == pytest.approx([0.0552, 0.0, 0.5655], abs=1e-4)


def test_the_same_desk_files_the_same_proposals(tmp_path: Path) -> None:
    graphs: list[tuple[AgentName, Any]] = [
        ("email", email.build()),
        ("sales", sales.build()),
        ("ads", ads.build()),
    ]
    programme = {"treatments": [treatment("offer", approval="draft")]}
    for place in ("one", "two"):
        desk = desk_in(tmp_path / place, programme=programme, curves=(curve("tv", 9),))
        for _, graph in graphs:
            graph.invoke({"run_id": "run"}, context=desk)

    first, second = (desk_files(tmp_path / place) for place in ("one", "two"))
    assert first == second
    assert {"proposals_email.jsonl", "candidates_ads.parquet", "budgets_ads.jsonl"} <= set(first)


def desk_files(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in path.iterdir()}


class Twin:
    """A strategist that files what it is given."""

    def __init__(self, *filed: ProgrammeProposal) -> None:
        self.filed = filed

    def file(self, desk: Desk) -> tuple[ProgrammeProposal, ...]:
        return self.filed


def proposed(desk: Desk, agent: AgentName = "email") -> ProgrammeProposal:
    return proposal(desk, agent, "pause", "offer", "Pause it.", "So.", (), (0.0, 0.0), "twin")


def test_another_strategist_may_fill_the_same_schema(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)

    email.build(Twin(proposed(desk))).invoke({"run_id": "run"}, context=desk)

    assert filed(desk, "email") == (proposed(desk),)


def test_a_strategist_speaks_for_its_own_agent_only(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    graph = email.build(Twin(proposed(desk, "ads")))

    with pytest.raises(IntegrityError, match="filed a proposal for ads"):
        graph.invoke({"run_id": "run"}, context=desk)

    assert not desk.folder.has("candidates_email")


def test_a_strategist_files_a_change_once(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    graph = email.build(Twin(proposed(desk), proposed(desk)))

    with pytest.raises(IntegrityError, match="under one id"):
        graph.invoke({"run_id": "run"}, context=desk)
