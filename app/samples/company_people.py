"""The made-up company's accounts, contacts and staff."""

import tomllib
from datetime import datetime

import numpy as np
import polars as pl

from app.samples.writing import MADE_UP, TOML, instants, places

ACCOUNTS, CONTACTS = 400, 5000
SDRS = ("sam", "sofia", "sven", "suri")
AES = ("ada", "alan", "amir", "anna")
FUNCTIONS = ("marketing", "sales", "finance", "operations", "engineering")
SENIORITIES = ("associate", "manager", "director", "executive")
DANA = "C00042"
"""The contact with the open complaint."""


def _words() -> dict[str, list[str]]:
    """Twenty words each for accounts' and people's names."""
    return tomllib.loads((TOML / "company_names.toml").read_text())


def people() -> pl.DataFrame:
    """Everybody who works here: person_id, role, name, minutes_per_day."""
    rows = [
        *((one, "sdr", one.title(), 300.0) for one in SDRS),
        *((one, "ae", one.title(), 240.0) for one in AES),
        ("carl", "csm", "Carl", 240.0),
        *((one, "reviewer", one.title(), 60.0) for one in ("rita", "ravi", "rosa")),
        ("olivia", "operator", "Olivia", 60.0),
    ]
    schema = ("person_id", "role", "name", "minutes_per_day")
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(source=pl.lit(MADE_UP))


def accounts_of(draws: np.random.Generator) -> pl.DataFrame:
    number = np.arange(ACCOUNTS)
    words = _words()
    first, second = words["account_first"], words["account_second"]
    return pl.DataFrame(
        {
            "account_id": [f"A{i + 1:04d}" for i in number],
            "name": [f"{first[i % 20]} {second[i // 20]}" for i in number],
            "tier": draws.choice(["vip", "key", "standard"], ACCOUNTS, p=[0.04, 0.26, 0.7]),
            "sdr": [SDRS[i % 4] for i in number],
            "ae": [AES[(i // 4) % 4] for i in number],
            "csm": ["carl"] * ACCOUNTS,
            "owner": [AES[(i // 4) % 4] for i in number],
            "industry": draws.choice(["software", "retail", "health", "industry"], ACCOUNTS),
        }
    ).with_columns(source=pl.lit(MADE_UP))


def contacts_of(
    accounts: pl.DataFrame, start: datetime, draws: np.random.Generator
) -> pl.DataFrame:
    """Contacts with attributes; `relationship` decides how they respond."""
    own = np.concatenate([np.arange(ACCOUNTS), draws.integers(0, ACCOUNTS, CONTACTS - ACCOUNTS)])
    number = np.arange(CONTACTS)
    words = _words()
    given, family = words["given"], words["family"]
    names = [f"{given[i % 20]} {family[(i // 20) % 20]}" for i in draws.permutation(CONTACTS)]
    names[int(DANA[1:]) - 1] = "Dana Whitfield"
    frame = pl.DataFrame(
        {
            "contact_id": [f"C{i + 1:05d}" for i in number],
            "account_id": accounts["account_id"].gather(own),
            "name": names,
            "email": [
                f"{name.lower().replace(' ', '.')}.{i + 1}@example.com"
                for i, name in enumerate(names)
            ],
            "created_at": instants(start, -24 * draws.integers(200, 900, CONTACTS)),
            "function": draws.choice(FUNCTIONS, CONTACTS),
            "seniority": draws.choice(SENIORITIES, CONTACTS, p=[0.4, 0.3, 0.2, 0.1]),
            "relationship": draws.choice(["new", "established"], CONTACTS),
            "engagement": np.round(draws.beta(2, 5, CONTACTS), 3),
        }
    )
    return pl.concat([frame, places(CONTACTS, draws)], how="horizontal").with_columns(
        source=pl.lit(MADE_UP)
    )
