"""A clash certificate names rules that can't hold together, and what lets them; tried by subset."""

from datetime import timedelta

import numpy as np
import pytest

from domain.curve import HillCurve
from evals.altered import after, only
from graph.arbitration.certificate import Certificate
from graph.arbitration.clashes import NoClash, Undecided, find_clashes
from graph.arbitration.instances import family
from graph.arbitration.problem import CampaignLimit, CapLimit, Problem, ResourceLimit, Share
from graph.arbitration.program.constraints import constraints_of
from graph.arbitration.program.judging import minimal
from graph.arbitration.program.relaxing import ExactJudge
from tests.arbitration.enumeration import tried
from tests.arbitration.random_problems import infeasible_problem, random_problem
from tests.arbitration.worlds import MONDAY, candidate, problem_of

BLOCKS = [range(start, start + 25) for start in range(0, 100, 25)]


def found(problem: Problem) -> Certificate:
    answer = find_clashes(problem)
    assert isinstance(answer, Certificate)
    return answer


def can_hold(problem: Problem) -> bool:
    return bool(tried(problem).feasible.any())


def names(certificate: Certificate) -> list[list[tuple[str, str]]]:
    return [
        [(one.rule.kind, one.rule.name) for one in clash.members] for clash in certificate.clashes
    ]


def sentences(certificate: Certificate) -> list[str]:
    return [one.sentence for one in certificate.relaxations]


def test_a_minimum_exposure_above_a_channels_maximum_clashes_with_it() -> None:
    rows = [candidate(i, i, 10.0, channel="email") for i in range(4)]
    uses = [(i, name, 1.0) for i in range(4) for name in ("emails", "theme_spring")]
    limits = (
        ResourceLimit(name="emails", at_most=2.0),
        ResourceLimit(name="theme_spring", at_least=3.0),
        ResourceLimit(name="theme_loyalty", at_most=9.0),
    )

    certificate = found(problem_of(rows, uses, resources=limits))

    assert names(certificate) == [[("at_most", "emails"), ("at_least", "theme_spring")]]
    assert [one.by for one in certificate.clashes[0].members] == [1.0, 1.0]
    assert certificate.sentence == (
        "Maximum of emails (at most 2) and minimum of theme_spring (at least 3) can't both hold."
    )
    assert sentences(certificate) == [
        "Lower minimum of theme_spring from 3 to 2.",
        "Raise maximum of emails from 2 to 3.",
    ]
    assert [one.cost for one in certificate.relaxations] == pytest.approx([1 / 3, 1 / 2])


def test_a_minimum_over_two_caps_clashes_with_both() -> None:
    rows = [candidate(i, i // 3, 10.0, channel="email" if i % 3 else "call") for i in range(6)]
    caps = (
        CapLimit(name="mails", per="contact", where={"channel": "email"}, at_most=1),
        CapLimit(name="calls", per="contact", where={"channel": "call"}, at_most=0),
        CapLimit(name="touches", per="contact", at_most=3),
    )
    limits = (ResourceLimit(name="reach", at_least=4.0),)
    uses = [(i, "reach", 1.0) for i in range(6)]

    certificate = found(problem_of(rows, uses, caps=caps, resources=limits))

    assert names(certificate) == [[("cap", "mails"), ("cap", "calls"), ("at_least", "reach")]]
    assert sentences(certificate) == [
        "Lower minimum of reach from 4 to 2.",
        "Raise cap mails from 1 to 2.",
        "Raise cap calls from 0 to 1.",
    ]


def test_what_a_contact_needs_clashes_with_an_exclusion_under_a_minimum() -> None:
    rows = [
        candidate(0, 7, 10.0, channel="call"),
        candidate(1, 7, 10.0, channel="email"),
    ]
    needs, never = ("channel", "call", "channel", "email"), ("channel", "email", "channel", "call")
    limits = (ResourceLimit(name="calls", at_least=1.0),)

    certificate = found(
        problem_of(
            rows, [(0, "calls", 1.0)], requires=(needs,), exclusions=(never,), resources=limits
        )
    )

    kinds = [kind for kind, _ in names(certificate)[0]]
    assert kinds == ["exclusion", "requires", "at_least"]
    assert sentences(certificate) == [
        "Lower minimum of calls from 1 to 0.",
        "Leave out exclusion of channel email and channel call.",
        "Leave out rule that channel call needs channel email.",
    ]


def test_a_spacing_gives_way_to_the_distance_that_occurs_and_a_share_to_the_ratio() -> None:
    slots = [MONDAY, MONDAY + timedelta(hours=10)]
    rows = [candidate(i, 7, 10.0, slot=slots[i]) for i in range(2)]
    uses = [(i, "mails", 1.0) for i in range(2)]
    near = problem_of(
        rows,
        uses,
        spacing_hours=(("email", "email", 24.0),),
        resources=(ResourceLimit(name="mails", at_least=2.0),),
    )
    half = problem_of(
        [candidate(i, i, 10.0) for i in range(3)],
        [(0, "calls", 1.0), (1, "calls", 1.0)],
        resources=(
            ResourceLimit(name="calls", at_least=2.0, at_most_share=Share(of="touches", share=0.5)),
        ),
    )

    assert "Shorten spacing of email and email from 24 hours to 10 hours." in sentences(found(near))
    assert "Raise share of calls from 50 % to 66.6667 %." in sentences(found(half))


def test_a_campaigns_step_clashes_with_the_money_there_is() -> None:
    curve = HillCurve(scale=90.0, half=10.0, shape=1.0)
    one = CampaignLimit(name="search", resource="money", now=100.0, max_step=0.2, curve=curve)
    limits = (ResourceLimit(name="money", at_most=70.0),)

    certificate = found(problem_of([candidate(0, 7, 1.0)], campaigns=(one,), resources=limits))

    assert sentences(certificate) == [
        "Raise maximum of money from 70 to 80.",
        "Widen step of campaign search from 20 % to 30 %.",
    ]


def test_two_clashes_that_share_no_rule_are_both_named_and_relaxed_together() -> None:
    limits = tuple(ResourceLimit(name=name, at_least=2.0) for name in ("calls", "mails"))
    uses = [(0, "calls", 1.0), (1, "mails", 1.5)]

    certificate = found(
        problem_of([candidate(i, i, 1.0) for i in range(2)], uses, resources=limits)
    )

    assert sorted(names(certificate)) == [[("at_least", "calls")], [("at_least", "mails")]]
    assert sentences(certificate) == [
        "Lower minimum of calls from 2 to 1. Lower minimum of mails from 2 to 1.5."
    ]


@pytest.mark.parametrize("seeds", BLOCKS, ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_every_random_infeasible_problem_gets_a_minimal_clash_and_its_least_relaxations(
    seeds: range,
) -> None:
    for seed in seeds:
        problem = infeasible_problem(seed)

        certificate = found(problem)

        assert certificate.all_found, seed
        for clash in certificate.clashes:
            rules = {(one.rule.kind, one.rule.place) for one in clash.members}
            assert not can_hold(only(problem, rules)), (seed, clash.sentence)
            for one in rules:
                assert can_hold(only(problem, rules - {one})), (seed, one)
            assert clash.impossible, seed
            assert clash.minimal, seed
        assert certificate.relaxations, seed
        for relaxation in certificate.relaxations:
            assert can_hold(after(problem, relaxation.changes)), (seed, relaxation.sentence)
            if relaxation.cost is not None and relaxation.least and len(relaxation.changes) == 1:
                less = can_hold(after(problem, relaxation.changes, share=0.999))
                assert not less, (seed, relaxation.sentence)


def test_the_random_clashes_hold_every_kind_of_rule() -> None:
    kinds = set()
    for seed in range(100):
        judge = ExactJudge(infeasible_problem(seed), 60.0)
        every = np.ones(len(judge.rules), dtype=np.bool_)
        own = minimal(judge, every, np.arange(len(every)))
        kinds |= {judge.rules[number].kind for number in np.flatnonzero(own)}

    assert len(kinds) == 11, kinds


def test_a_feasible_problem_has_no_clash() -> None:
    for seed in range(40):
        problem = random_problem(seed)
        feasible = can_hold(problem)
        assert isinstance(find_clashes(problem), NoClash if feasible else Certificate), seed


def test_no_time_at_all_leaves_it_undecided() -> None:
    assert find_clashes(family(400, 10, 3), seconds=0.0) == Undecided(0.0)


def test_a_set_is_shrunk_until_every_rule_counts() -> None:
    problem = infeasible_problem(4)
    judge = ExactJudge(problem, 60.0)
    every = np.ones(len(constraints_of(problem).rules), dtype=np.bool_)

    left = minimal(judge, every, np.arange(len(every)))

    assert judge.holds(left) is False
    assert 0 < left.sum() < len(every)
