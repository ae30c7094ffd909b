"""Trying a policy on its cases: each is assembled and judged as a cell of a run is."""

from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from app.policy_case_past import ignored_by, order_bits
from domain.reasons import findings_of
from domain.tables import INSTANT, OBSERVATIONS
from graph.facts import REGISTERED, Sources, assemble
from policies.cases import Case, Cases, KnownContact, Statement, load_cases
from policies.judging import judge
from policies.loading import load
from policies.schema import Policy
from tools.ledger.consents import STANDING

WHO, COLLEAGUE = "the contact", "a colleague"


def try_cases(policy_file: Path, cases_file: Path) -> dict[str, Any]:
    """Every case against the policy, in the documented keys of `clearance policy test --json`."""
    loaded, cases = load(policy_file), load_cases(cases_file)
    found = [(case, findings(case, cases, loaded.policy)) for case in cases.cases]
    failures = [
        _failure(case, reasons) for case, reasons in found if not _as_expected(case, reasons)
    ]
    return {
        "policy": loaded.policy.name,
        "version": loaded.policy.version,
        "hash": loaded.hash,
        "file": str(cases_file),
        "cases": len(found),
        "passed": len(found) - len(failures),
        "failures": failures,
    }


def findings(case: Case, cases: Cases, policy: Policy) -> tuple[str, ...]:
    """Reason codes against the case under the policy, most telling first; none where it may go."""
    facts = assemble(_cell(case, cases), _sources(case, cases, policy), policy)
    named = facts.with_columns(
        treatment_id=pl.lit(case.treatment, dtype=pl.String),
        theme=pl.lit(case.theme, dtype=pl.String),
    )
    bits = judge(named, policy, case.at) | order_bits(WHO, case, policy)
    return findings_of(int(bits.item()))


def _as_expected(case: Case, reasons: tuple[str, ...]) -> bool:
    return set(reasons) == set(case.reasons)


def _failure(case: Case, reasons: tuple[str, ...]) -> dict[str, Any]:
    return {
        "case": case.name,
        "expected": _said(case.reasons),
        "found": _said(reasons),
    }


def _said(reasons: tuple[str, ...]) -> str:
    return f"deny: {', '.join(sorted(reasons))}" if reasons else "allow"


def _cell(case: Case, cases: Cases) -> pl.DataFrame:
    contact = _contact(case, cases)
    return pl.DataFrame(
        {
            "contact_id": [WHO],
            "account_id": pl.Series([contact.account_id], dtype=pl.String),
            "agent": [case.agent],
            "channel": [case.channel],
            "class": [case.action_class],
            "purpose": [case.purpose],
            "at": pl.Series([case.slot or case.at], dtype=INSTANT),
        }
    )


def _contact(case: Case, cases: Cases) -> KnownContact:
    """The usual contact with what the case says of it."""
    return cases.contact.model_copy(
        update={name: getattr(case.contact, name) for name in case.contact.model_fields_set}
    )


def _sources(case: Case, cases: Cases, policy: Policy) -> Sources:
    contact = _contact(case, cases)
    pauses = [("all", "all")] if case.paused else []
    return Sources(
        contacts=_contacts(contact),
        consents=_consents(case, cases),
        objections=_people(case.objected),
        suppressions=_people(case.suppressed),
        touches=_touches(case, contact.account_id),
        ignored=ignored_by(WHO, case, policy),
        registry=_registry(case),
        pauses=pl.DataFrame(pauses, schema={"scope": pl.String, "name": pl.String}, orient="row"),
    )


def _contacts(contact: KnownContact) -> pl.DataFrame:
    said = contact.model_dump(exclude={"attributes"})
    columns = {
        name: pl.Series([value], dtype=OBSERVATIONS.columns[name].dtype)
        for name, value in said.items()
    }
    attributes = {f"attr_{name}": [value] for name, value in contact.attributes.items()}
    return pl.DataFrame({"contact_id": [WHO], **columns, **attributes})


def _consents(case: Case, cases: Cases) -> pl.DataFrame:
    said = cases.consent if case.consent is None else case.consent
    rows: list[tuple[str, str, str, str, datetime, datetime | None, str | None]] = []
    if isinstance(said, Statement):
        told = (said.state, said.at, said.expires_at, said.basis)
        rows.append((WHO, case.channel, case.purpose, *told))
    return pl.DataFrame(
        rows,
        schema={name: dtype for name, dtype in STANDING.items() if name != "consent_id"},
        orient="row",
    )


def _registry(case: Case) -> pl.DataFrame:
    rows = [] if case.do_not_call is None else [(WHO, case.do_not_call, case.at)]
    return pl.DataFrame(rows, schema=REGISTERED, orient="row")


def _people(among: bool) -> pl.DataFrame:
    return pl.DataFrame({"contact_id": [WHO] if among else []}, schema={"contact_id": pl.String})


def _touches(case: Case, account_id: str | None) -> pl.DataFrame:
    rows = [
        {
            "contact_id": COLLEAGUE if one.colleague else WHO,
            "account_id": account_id,
            **one.model_dump(include={"channel", "at", "agent", "theme"}),
        }
        for one in case.touches
    ]
    return pl.DataFrame(
        rows,
        schema={
            "contact_id": pl.String,
            "account_id": pl.String,
            "channel": pl.String,
            "at": INSTANT,
            "decision_id": pl.String,
            "agent": pl.String,
            "theme": pl.String,
        },
    )
