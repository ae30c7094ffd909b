"""The made-up company: 400 accounts, 5,000 contacts, and the collisions a marketer knows."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

from app.samples import SampleFiles
from app.samples.company_history import history
from app.samples.company_people import accounts_of, contacts_of, people
from app.samples.company_programme import deals_of, programme
from app.samples.writing import TOML, consents, write
from tools.connectors.responses import RESPONSES, SEGMENTS

STARTS_AT = datetime(2026, 3, 2, 14, tzinfo=UTC)
"""A Monday: morning on the American east coast, afternoon in Europe."""
SEED = 20260302


def build(folder: Path) -> SampleFiles:
    """Write the company's import files. The same bytes every time."""
    draws = np.random.default_rng(SEED)
    accounts = accounts_of(draws)
    contacts = contacts_of(accounts, STARTS_AT, draws)
    frames: dict[str, pl.DataFrame] = {
        "accounts": accounts,
        "people": people(),
        "contacts": contacts,
        "consents": consents(contacts["contact_id"], ("email", "call", "ads"), STARTS_AT, draws),
        **deals_of(accounts, contacts, STARTS_AT, draws),
    }
    frames |= programme(contacts, frames["deals"], STARTS_AT, draws)
    past, responses = history(contacts, frames, STARTS_AT, draws)
    frames |= past
    responses.write_parquet(folder / RESPONSES)
    contacts.select("contact_id", segment="relationship").write_parquet(folder / SEGMENTS)
    return SampleFiles(
        config_text=(TOML / "company.clearance.toml").read_text(),
        policy_text=(TOML / "company.policy.toml").read_text(),
        cases_text=(TOML / "company.policy.cases.toml").read_text(),
        starts_at=STARTS_AT,
        imports=tuple(write(folder, kind, frame) for kind, frame in frames.items()),
        sandbox=((RESPONSES, folder / RESPONSES), (SEGMENTS, folder / SEGMENTS)),
    )
