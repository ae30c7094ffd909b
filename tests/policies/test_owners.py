"""One owner per account: whose calls go there, and that nobody's do where nobody can tell."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.reasons import findings_of
from domain.tables import INSTANT
from policies.account_limits import AccountOwner
from policies.choices import judge_choices
from policies.owners import owners_of
from policies.schema import Policy
from policies.sense import problems
from policies.strictness import compare
from tests.policies.worlds import NOON, SAID, sample_policy

ACCOUNT: dict[str, Any] = {
    "account_id": "acme",
    "deal_id": None,
    "deal_stage": None,
    "is_customer": False,
    "sdr": "sven",
    "ae": "anna",
    "csm": "carl",
}
DEAL = {"deal_id": "D1", "deal_stage": "offer"}


def owner(role: str, accounts: str = "all", **fields: Any) -> AccountOwner:
    plain = {**SAID, "name": f"{role}_{accounts}", "role": role, "accounts": accounts}
    return AccountOwner.model_validate({**plain, **fields})


TEAM = (owner("ae", "open_deals"), owner("csm", "customers"), owner("sdr"))


def owned(*rules: AccountOwner) -> Policy:
    return sample_policy(account_owners=rules)


def against(
    who: str | None,
    policy: Policy | None = None,
    channel: str = "call",
    kind: str = "marketing",
    **account: Any,
) -> set[str]:
    """Reasons against what this person would do at the account."""
    row = {"contact_id": "ada", "channel": channel, "class": kind, "owner": who}
    rows = pl.DataFrame([row], schema_overrides={"owner": pl.String}).with_columns(
        treatment_id=pl.lit("call_deal"),
        theme=pl.lit(None, dtype=pl.String),
        slot_at=pl.lit(NOON).cast(INSTANT),
    )
    contacts = contacts_of(**account)
    return set(findings_of(judge_choices(rows, contacts, policy or owned(*TEAM), NOON)[0]))


def contacts_of(**account: Any) -> pl.DataFrame:
    row = {"contact": 0, "contact_id": "ada", **ACCOUNT, **account}
    types = {"contact": pl.UInt32, "is_customer": pl.Boolean}
    return pl.DataFrame([row], schema={name: types.get(name, pl.String) for name in row})


@pytest.mark.parametrize(
    ("account", "whose"),
    [({}, "sven"), (DEAL, "anna"), ({"is_customer": True}, "carl")],
)
def test_the_owners_call_goes_and_nobody_elses(account: dict[str, Any], whose: str) -> None:
    assert against(whose, **account) == set()
    for other in {"sven", "anna", "carl", "bea"} - {whose}:
        assert against(other, **account) == {"another_owner"}


@pytest.mark.parametrize(
    ("channel", "kind", "found"),
    [
        ("call", "one_to_one", {"another_owner"}),
        ("task", "marketing", {"another_owner"}),
        ("email", "one_to_one", {"another_owner"}),
        ("email", "marketing", set()),
        ("call", "inbound_response", set()),
        ("call", "transactional", set()),
        ("call", "mandatory", set()),
    ],
)
def test_what_is_done_in_person_is_the_owners(channel: str, kind: str, found: set[str]) -> None:
    assert against("bea", channel=channel, kind=kind) == found


def test_where_the_account_has_no_owner_nobody_calls() -> None:
    assert against("anna", ae=None, **DEAL) == {"fact_missing"}
    assert against("sven", sdr=None) == {"fact_missing"}


def test_where_nobody_can_tell_who_acts_nobody_does() -> None:
    assert against(None) == {"fact_missing"}


def test_where_an_unknown_stage_would_decide_nobody_calls() -> None:
    rules = owned(owner("ae", "open_deals", stages=("offer",)), owner("sdr"))

    assert against("anna", rules, **DEAL) == set()
    assert against("sven", rules, deal_id="D1", deal_stage="discovery") == set()
    for person in ("anna", "sven"):
        assert against(person, rules, deal_id="D1", deal_stage=None) == {"fact_missing"}


def test_accounts_that_no_rule_is_for_and_people_without_one_are_anybodys() -> None:
    assert against("bea", owned(owner("ae", "open_deals"))) == set()
    assert against("bea", account_id=None) == set()
    assert against("bea", owned()) == set()


def test_observations_that_say_nothing_of_a_role_name_nobody() -> None:
    older = contacts_of(is_customer=True).drop("csm")

    assert owners_of(older, owned(*TEAM)).is_empty()


people = st.sampled_from((None, "sven", "anna", "carl"))
accounts = st.fixed_dictionaries(
    {
        "deal_id": st.sampled_from((None, "D1")),
        "deal_stage": st.sampled_from((None, "offer", "discovery")),
        "is_customer": st.sampled_from((None, True, False)),
        "sdr": people,
        "ae": people,
        "csm": people,
    }
)
rules = st.lists(
    st.builds(
        lambda role, which, stages, number: owner(
            role, which, stages=tuple(stages) if which == "open_deals" else (), name=f"r{number}"
        ),
        st.sampled_from(("sdr", "ae", "csm")),
        st.sampled_from(("open_deals", "customers", "all")),
        st.sets(st.sampled_from(("offer", "discovery"))),
        st.integers(0, 99),
    ),
    max_size=3,
)


@given(rules, accounts)
def test_at_most_one_person_may_call_an_account_that_any_rule_is_for(
    several: list[AccountOwner], account: dict[str, Any]
) -> None:
    policy = owned(*several, owner("sdr"))
    may = {one for one in ("sven", "anna", "carl", "bea") if not against(one, policy, **account)}

    assert len(may) <= 1
    named = owners_of(contacts_of(**account), policy).get_column("account_owner").to_list()
    assert may == set(named)


def test_a_rule_for_no_account_or_never_asked_is_refused() -> None:
    policy = owned(owner("sdr", stages=("offer",)), owner("ae", "open_deals"))

    assert [one.key for one in problems(policy)] == [
        ("account_owners", 0, "stages"),
        ("account_owners", 1, "accounts"),
    ]


def test_the_first_owners_tighten_and_others_loosen() -> None:
    said = owned(owner("sdr", reason="as the board asked"))

    assert compare(owned(), owned(*TEAM)).direction == "tighter"
    assert compare(owned(*TEAM), owned()).direction == "looser"
    assert compare(owned(owner("sdr")), owned(owner("ae"))).direction == "looser"
    assert compare(owned(owner("sdr")), said).direction == "same"
