"""A model's text may state only what its tools found, as people round it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import format_minor
from graph.chat_tools import Figure, ToolResult
from graph.grounding import unfounded

FOUND = ToolResult(
    tool="status",
    link="clearance status",
    summary="Run run-9f2c of 2026-03-02 is done.",
    figures=(
        Figure(name="proposed", value=12345, unit="candidates"),
        Figure(name="value", value=1234567, unit="EUR"),
        Figure(name="change", value=-42, unit="contacts"),
        Figure(name="holdout", value=0.125, unit="share"),
        Figure(name="waiting", value=12, unit="packets"),
        Figure(name="none", value=0, unit="packets"),
    ),
    rows=({"packet": "pk-7", "contacts": 310, "note": "has 777 friends and 90% off"},),
)


@pytest.mark.parametrize(
    "text",
    [
        "Nothing to report.",
        "12345 were proposed, 12,345 to be exact.",
        "About 12.3k were proposed, or 12 thousand.",
        "It is worth €12,345.67, about €12,346 or 12.3 thousand EUR.",
        "Run run-9f2c of 2026-03-02 is done.",
        "12.5% are held out, that is 12.5 percent or 0.125.",
        "It lost 42; the change is -42.",
        "A dozen wait: twelve packets, zero lost.",
        "pk-7 has 310 contacts.",
        "1. 12 wait\n2. 310 contacts",
        "No one waits for a third party this quarter.",
    ],
)
def test_what_a_result_holds_may_be_said_as_people_say_it(text: str) -> None:
    assert unfounded(text, [FOUND]) is None


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("13 wait.", "13"),
        ("thirteen wait.", "thirteen"),
        ("About 13k.", "13k"),
        ("€1,234,567 in all.", "€1,234,567"),
        ("14% are held out.", "14%"),
        ("A thousand wait.", "thousand"),
        ("12 million wait.", "12"),
        ("-12 wait.", "-12"),
        ("777 friends.", "777"),
        ("90% off.", "90%"),
        ("pk-8 waits.", "pk-8"),
        ("12-15 wait.", "12-15"),
        ("１３ wait.", "13"),
        ("⑬ wait.", "13"),
        ("Ⅻ wait.", None),
        ("x² wait.", "x2"),
        ("٣ wait.", "٣"),
        ("三 wait.", "三"),
        ("Half of them.", "half"),
        ("2. 12 wait", "2"),
        ("It doubled to two.", "two"),
        ("A third of them.", "third of"),
        ("See https://a.b", "://"),
    ],
)
def test_what_no_result_holds_is_found_out(text: str, piece: str | None) -> None:
    assert unfounded(text, [FOUND]) == piece


def test_without_a_result_no_figure_may_be_said() -> None:
    assert unfounded("12 wait.", []) == "12"
    assert unfounded("Ask me about a contact.", []) is None


@given(minor=st.integers(-(10**12), 10**12))
def test_money_as_the_house_prints_it_is_always_grounded(minor: int) -> None:
    figure = Figure(name="value", value=minor, unit="EUR")
    found = ToolResult(tool="t", link="l", summary="s", figures=(figure,))

    assert unfounded(f"It is {format_minor(minor, 'EUR')} now.", [found]) is None


@given(value=st.integers(0, 10**6), other=st.integers(0, 10**6))
def test_of_whole_numbers_only_the_very_same_is_grounded(value: int, other: int) -> None:
    figure = Figure(name="n", value=value, unit="contacts")
    found = ToolResult(tool="t", link="l", summary="s", figures=(figure,))

    assert (unfounded(f"{other} of them", [found]) is None) == (value == other)
