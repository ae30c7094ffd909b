"""Contact law that a country makes: how a consent must have been given, and who may be called."""

from datetime import timedelta

import polars as pl

from domain.names import INFERRED_BASES, NO_BASES, SOFT_BASES, WRITTEN_BASIS
from policies.consent_limits import DoNotCall, InferredConsent, SoftOptIn, WrittenConsent, WrongSend
from policies.schema import Policy


def among(countries: tuple[str, ...]) -> pl.Expr:
    """Rows in these countries; who lives nobody knows where counts as there."""
    return pl.col("country").is_in(list(countries)).fill_null(True)


def basis_insufficient(policy: Policy, asked: pl.Expr, promotional: pl.Expr) -> pl.Expr:
    """Rows whose consent stands, and was not given in a way that counts.

    asked: rows that need a consent; promotional: rows that sell. A basis that nobody named is a
    plain opt-in: no soft one, and not written.
    """
    granted = (pl.col("consent_state") == "granted").fill_null(False)
    basis = pl.col("consent_basis").fill_null("")
    soft = basis.is_in(SOFT_BASES)
    for rule in policy.soft_opt_in:
        soft = soft & ~_softly_allowed(rule)
    inferred = basis.is_in(INFERRED_BASES)
    for one in policy.inferred_consent:
        inferred = inferred & ~_inferable(one)
    never = asked & granted & (basis.is_in(NO_BASES) | soft | inferred)
    unwritten = promotional & asks_writing(policy.written_consent) & (basis != WRITTEN_BASIS)
    return never | (granted & unwritten)


def _inferable(rule: InferredConsent) -> pl.Expr:
    young = pl.col("at") - pl.col("consent_at") <= timedelta(days=rule.for_days)
    return _softly_allowed(rule) & young.fill_null(False)


def _softly_allowed(rule: SoftOptIn | InferredConsent) -> pl.Expr:
    """Here not knowing the country is no excuse: what loosens needs what it rests on."""
    return (
        pl.col("country").is_in(list(rule.countries)).fill_null(False)
        & pl.col("channel").is_in(list(rule.channels))
        & pl.col("purpose").is_in(list(rule.purposes))
    )


def asks_writing(rule: WrittenConsent) -> pl.Expr:
    """Rows that need a consent in writing where they sell."""
    return among(rule.countries) & pl.col("channel").is_in(list(rule.channels))


def registry_asked(rule: DoNotCall, promotional: pl.Expr) -> pl.Expr:
    """Rows whose number is looked up in a registry."""
    return promotional & among(rule.countries) & pl.col("channel").is_in(list(rule.channels))


def registry_unknown(rule: DoNotCall) -> pl.Expr:
    """Rows of which no copy of the registry that still counts says anything."""
    age = pl.col("at") - pl.col("registry_at")
    fresh = (age <= timedelta(days=rule.copy_days)).fill_null(False)
    return pl.col("do_not_call").is_null() | ~fresh


def damages_of(rules: tuple[WrongSend, ...]) -> pl.Expr:
    """Minor units that each row costs, by the dearest rule for it, were it sent wrongly."""
    costs = (
        pl.when(among(one.countries) & pl.col("channel").is_in(list(one.channels)))
        .then(pl.lit(one.damages * one.share))
        .otherwise(0.0)
        for one in rules
    )
    return pl.max_horizontal(pl.lit(0.0), *costs)
