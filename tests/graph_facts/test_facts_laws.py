"""Laws of the facts: a slow count agrees, and what is left never lets a window overflow."""

from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from graph.facts import assemble, remaining
from policies.judging import judge
from policies.schema import Policy
from tests.graph_facts.company import cells_of, sources_of, touch
from tests.policies.worlds import NOON, cap, sample_policy, spacing

HOURS = st.integers(-60, 60)
PEOPLE = st.sampled_from(["ada", "bob", "eve"])
ACCOUNTS = {"ada": "acme", "bob": "acme", "eve": None}
CHANNELS = st.sampled_from(["email", "call", "ads"])
OWN = st.sampled_from(["d1", "d2", None])
CAPS = (
    cap("day", "email", "call", hours=24),
    cap("two_days", "email", hours=48),
    cap("team", "email", "call", hours=36, per="account"),
)
POLICY = sample_policy(caps=CAPS, spacing=(spacing("apart", "call", "email", 12),))


def at(hour: int) -> datetime:
    return NOON + timedelta(hours=hour)


def a_touch(hour: int, person: str, channel: str, own: str | None) -> dict[str, Any]:
    account = ACCOUNTS[person]
    return touch(at(hour), contact_id=person, account_id=account, channel=channel, decision_id=own)


def a_cell(hour: int, person: str, channel: str, own: str | None) -> dict[str, Any]:
    account = ACCOUNTS[person]
    return {
        "contact_id": person,
        "account_id": account,
        "channel": channel,
        "at": at(hour),
        "decision_id": own,
    }


touches_of = st.lists(st.builds(a_touch, HOURS, PEOPLE, CHANNELS, OWN), max_size=12)
cells_lists = st.lists(st.builds(a_cell, HOURS, PEOPLE, CHANNELS, OWN), min_size=1, max_size=12)


def near(cell: dict[str, Any], one: dict[str, Any], hours: int, holder: str) -> bool:
    """Whether a touch counts against a cell: same holder, not its own, less than so far away."""
    own = cell["decision_id"] is not None and cell["decision_id"] == one["decision_id"]
    same = cell[holder] is not None and cell[holder] == one[holder]
    return same and not own and abs(cell["at"] - one["at"]) < timedelta(hours=hours)


@settings(deadline=None, max_examples=60)
@given(cells_lists, touches_of)
def test_a_slow_count_finds_the_same_around_every_cell(
    cells: list[dict[str, Any]], touches: list[dict[str, Any]]
) -> None:
    facts = assemble(cells_of(*cells), sources_of(touches=touches), POLICY)

    for limit in CAPS:
        told = [
            sum(
                near(cell, one, limit.window_hours, f"{limit.per}_id")
                for one in touches
                if one["channel"] in limit.channels
            )
            for cell in cells
        ]
        assert facts[f"used_{limit.name}"].to_list() == told
    other = {"call": "email", "email": "call"}
    assert facts["near_apart"].to_list() == [
        any(
            near(cell, one, 12, "contact_id") and one["channel"] == other.get(cell["channel"])
            for one in touches
        )
        for cell in cells
    ]


def overflows(touched: list[datetime], policy: Policy) -> bool:
    """Whether any window that starts at a touch holds more than the policy's first cap allows."""
    limit = policy.caps[0]
    window = timedelta(hours=limit.window_hours)
    return any(
        sum(first <= one < first + window for one in touched) > limit.at_most for first in touched
    )


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.integers(-48, 48), max_size=6),
    st.lists(st.integers(0, 24), min_size=1, max_size=5, unique=True),
    st.integers(1, 3),
    st.sampled_from([3, 24, 48]),
)
def test_choices_within_what_is_left_never_overflow_a_window(
    history: list[int], slots: list[int], at_most: int, hours: int
) -> None:
    """Unless a window overflowed before we came: then every cell it covers is closed."""
    policy = sample_policy(
        caps=(cap("day", "email", at_most=at_most, hours=hours),), quiet_hours=(), spacing=()
    )
    before = [at(hour) for hour in history]
    sources = sources_of(touches=[touch(one) for one in before])
    facts = assemble(cells_of(*({"at": at(slot)} for slot in slots)), sources, policy)
    findings = judge(facts, policy, NOON)
    room = int(remaining(facts, findings, policy)["remaining"][0])

    open_slots = [at(slot) for slot, bits in zip(slots, findings, strict=True) if bits == 0]
    for count in range(1, min(room, len(open_slots)) + 1):
        for chosen in combinations(open_slots, count):
            assert overflows([*before, *chosen], policy) == overflows(before, policy)
