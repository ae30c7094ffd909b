"""Owners of accounts: whose calls, tasks and letters go to an account's people, nobody else's."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import polars as pl

from domain.names import COMMERCIAL_EXEMPT
from domain.tables import OBSERVATIONS
from policies.account_limits import AccountOwner
from policies.problem import Problem, twice
from policies.schema import Policy

ROLES: Final = ("sdr", "ae", "csm")
KNOWN: Final = ("account_id", "deal_id", "deal_stage", "is_customer", *ROLES)
"""Columns of OBSERVATIONS by which an account's owner is told."""
IN_PERSON: Final = ("call", "task")
"""Channels on which a person acts, whatever the class."""


class Against(NamedTuple):
    """Conditions over rows with `owner`, `channel`, `class` and KNOWN; never null."""

    another: pl.Expr
    unknown: pl.Expr


def not_by_the_owner(rules: Sequence[AccountOwner]) -> Against:
    """What another person would do at an account that has an owner, and what nobody can tell.

    Who asked is answered by whoever is there, and who has no account is nobody's.
    """
    asked = _in_person() & pl.col("account_id").is_not_null() & _ruled(rules)
    told = pl.col("owner").is_not_null() & _owner(rules).is_not_null()
    differs = (pl.col("owner") != _owner(rules)).fill_null(False)
    return Against(another=asked & told & differs, unknown=asked & ~told)


def owners_of(observations: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """contact, account_owner: whose account each contact's is; who has none is left out."""
    if not policy.account_owners:
        return pl.DataFrame(schema={"contact": pl.UInt32, "account_owner": pl.String})
    rows = with_roles(observations).filter(pl.col("account_id").is_not_null())
    named = rows.select("contact", account_owner=_owner(policy.account_owners))
    return named.filter(pl.col("account_owner").is_not_null())


def with_roles(contacts: pl.DataFrame) -> pl.DataFrame:
    """The contacts with every column of KNOWN; one that an older run did not keep is empty."""
    return contacts.with_columns(
        pl.lit(None, dtype=OBSERVATIONS.columns[name].dtype).alias(name)
        for name in KNOWN
        if name not in contacts.columns
    )


def _in_person() -> pl.Expr:
    acts = pl.col("channel").is_in(IN_PERSON) | (pl.col("class") == "one_to_one")
    return acts & ~pl.col("class").is_in(COMMERCIAL_EXEMPT)


def _fits(rule: AccountOwner) -> pl.Expr:
    """Whether the rule is for the account; null where nobody can tell."""
    match rule.accounts:
        case "all":
            return pl.lit(True)
        case "customers":
            return pl.col("is_customer")
        case "open_deals":
            at_stage = pl.col("deal_stage").is_in(list(rule.stages))
            open_deal = pl.col("deal_id").is_not_null()
            return open_deal & at_stage if rule.stages else open_deal


def _owner(rules: Sequence[AccountOwner]) -> pl.Expr:
    """The person whom the first rule that fits names; null where nobody is, or nobody can tell."""
    found = pl.lit(None, dtype=pl.String)
    for rule in reversed(rules):
        fits = _fits(rule)
        found = pl.when(fits).then(rule.role).when(fits.is_not_null()).then(found)
    return found


def _ruled(rules: Sequence[AccountOwner]) -> pl.Expr:
    """Whether any rule is for the account; who can't tell asks."""
    return pl.any_horizontal(pl.lit(False), *(_fits(rule).fill_null(True) for rule in rules))


def problems(policy: Policy) -> Iterator[Problem]:
    """Rules that are for no account, or that another one before them keeps from any."""
    rules = policy.account_owners
    yield from twice("account_owners", [one.name for one in rules], "name")
    for place, one in enumerate(rules):
        if one.stages and one.accounts != "open_deals":
            said = (
                f"`account_owners` {one.name} names stages, which only accounts with an open deal "
                f'have; say `accounts = "open_deals"`.'
            )
            yield Problem(("account_owners", place, "stages"), said)
        if any(earlier.accounts == "all" for earlier in rules[:place]):
            said = f"`account_owners` {one.name} is never asked: one before it is for all accounts."
            yield Problem(("account_owners", place, "accounts"), said)
