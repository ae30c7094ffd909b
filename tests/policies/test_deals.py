"""Deal holds and their exceptions: what each lets through, and that halves make the whole."""

from datetime import date, timedelta
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from domain.reasons import BIT, findings_of
from domain.tables import INSTANT
from policies.account_limits import DealException
from policies.choices import judge_choices
from policies.judging import judge
from policies.schema import Policy
from policies.sense import problems
from policies.strictness import compare
from tests.policies.worlds import NOON, SAID, facts_of, sample_policy

STAGES = ("contract", "offer")
CHANNELS = ("email", "ads")
TREATMENTS = ("mail", "letter")
THEMES = ("reference", "care")


def exception(**fields: Any) -> DealException:
    plain = {"name": "named", "stages": ("contract",), "channels": ("email",)}
    return DealException.model_validate({**SAID, **plain, **fields})


def holding(*exceptions: DealException, **fields: Any) -> Policy:
    hold = sample_policy().deal_hold.model_copy(
        update={"stages": STAGES, "channels": CHANNELS, "exceptions": exceptions, **fields}
    )
    return sample_policy(deal_hold=hold, quiet_hours=())


def named(row: dict[str, Any]) -> pl.DataFrame:
    """FACTS of one cell of which it is said what goes out."""
    named = {name: pl.lit(row[name], dtype=pl.String) for name in ("treatment_id", "theme")}
    rest = {key: value for key, value in row.items() if key not in named}
    return facts_of(rest).with_columns(**named)


def test_a_cell_of_which_nobody_says_what_goes_out_is_held() -> None:
    policy = holding(exception(treatments=("mail",)))

    bits = judge(facts_of({"deal_stage": "contract"}), policy, NOON)

    assert findings_of(bits[0]) == ("deal_hold",)


def test_while_undecided_only_cells_that_an_exception_could_open_stay_open() -> None:
    policy = holding(exception(treatments=("mail",)))
    cells = facts_of(
        {"deal_stage": "contract"},
        {"deal_stage": "offer"},
        {"deal_stage": "contract", "channel": "ads", "agent": "ads"},
    )

    bits = judge(cells, policy, NOON, undecided=True)

    assert [findings_of(one) for one in bits] == [(), ("deal_hold",), ("deal_hold",)]


def test_an_exception_opens_no_other_limit() -> None:
    policy = holding(exception(treatments=("mail",)))
    row = {"deal_stage": "contract", "treatment_id": "mail", "theme": None}

    assert judge(named(row), policy, NOON)[0] == 0
    refused = judge(named({**row, "consent_state": "withdrawn"}), policy, NOON)
    assert findings_of(refused[0]) == ("consent_withdrawn",)


@st.composite
def exceptions(draw: st.DrawFn) -> DealException:
    def some(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(draw(st.sets(st.sampled_from(names))))

    return exception(
        stages=some(STAGES),
        channels=some(CHANNELS),
        themes=some(THEMES),
        treatments=some(TREATMENTS),
        expires=draw(st.sampled_from((None, NOON.date(), NOON.date() + timedelta(days=1)))),
    )


rows = st.fixed_dictionaries(
    {
        "deal_stage": st.sampled_from((None, *STAGES, "discovery")),
        "channel": st.sampled_from((*CHANNELS, "call")),
        "class": st.sampled_from(("marketing", "one_to_one", "transactional")),
        "treatment_id": st.sampled_from((None, *TREATMENTS)),
        "theme": st.sampled_from((None, *THEMES)),
    }
)


@given(st.lists(exceptions(), max_size=3), rows)
def test_the_grid_and_the_choice_together_say_what_is_said_once_all_is_known(
    several: list[DealException], row: dict[str, Any]
) -> None:
    policy = holding(*several)
    whole = judge(named(row), policy, NOON)
    cell = judge(named({**row, "treatment_id": None, "theme": None}), policy, NOON, undecided=True)

    assert (cell | chosen(row, policy)).to_list() == whole.to_list()


@given(st.lists(exceptions(), max_size=3), rows)
def test_what_goes_out_at_a_stage_is_named(several: list[DealException], row: Any) -> None:
    policy = holding(*several)
    held = bool(judge(named(row), policy, NOON)[0] & BIT["deal_hold"])
    asked = row["deal_stage"] in STAGES and row["channel"] in CHANNELS
    lets = any(
        row["deal_stage"] in one.stages
        and row["channel"] in one.channels
        and (row["treatment_id"] in one.treatments or row["theme"] in one.themes)
        and (one.expires is None or NOON.date() < one.expires)
        for one in several
    )

    assert held == (asked and row["class"] == "marketing" and not lets)


def chosen(row: dict[str, Any], policy: Policy) -> pl.Series:
    choice = pl.DataFrame(
        {
            "contact_id": ["ada"],
            **{
                name: pl.Series([row[name]], dtype=pl.String)
                for name in ("channel", "class", "treatment_id", "theme")
            },
            "slot_at": pl.Series([NOON], dtype=INSTANT),
        }
    )
    stage = pl.Series([row["deal_stage"]], dtype=pl.String)
    contacts = pl.DataFrame({"contact_id": ["ada"], "deal_stage": stage})
    return judge_choices(choice, contacts, policy, NOON)


def test_an_exception_that_lets_nothing_through_or_of_nothing_is_refused() -> None:
    policy = holding(
        exception(),
        exception(name="other", themes=("care",), stages=("won",), channels=("sms",)),
        exception(name="other", themes=("care",)),
        exception(name="bare", themes=("care",), stages=(), channels=()),
    )

    assert [
        (one.key[2:], one.said.split("` ")[1].split(" ", 1)[0]) for one in problems(policy)
    ] == [
        ((2, "name"), "names"),
        ((0, "themes"), "named"),
        ((1, "stages"), "other"),
        ((1, "channels"), "other"),
        ((3, "stages"), "bare"),
        ((3, "channels"), "bare"),
    ]


def test_an_exception_that_was_reviewed_before_it_was_set_is_refused() -> None:
    early = exception(themes=("care",), reviewed=date(2025, 1, 1))

    (found,) = problems(holding(early))

    assert found.key == ("deal_hold", "exceptions", 0, "reviewed")


def test_an_exception_loosens_and_less_of_one_tightens() -> None:
    plain, some = holding(), holding(exception(themes=("care",)))
    more = holding(exception(themes=("care", "reference")))
    shorter = holding(exception(themes=("care",), expires=date(2026, 6, 1)))
    said = holding(exception(themes=("care",), reason="as the board asked"))
    both = holding(exception(themes=("care",)), exception(name="b", themes=("care",)))

    assert compare(plain, some).direction == compare(some, more).direction == "looser"
    assert compare(some, plain).direction == compare(more, some).direction == "tighter"
    assert compare(some, shorter).direction == compare(both, some).direction == "tighter"
    assert compare(shorter, some).direction == compare(some, both).direction == "looser"
    assert compare(some, said).direction == "same"
