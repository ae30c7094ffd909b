"""The rows that a feature may look at, kind by kind: whose, when, and what was known of them.

A column is here only where it says what was so at the row's own instant, or where we know since
when it is so. What is overwritten as it changes (a contact's country, a deal's owner, the step of
an enrolment) can't be told as of a past instant, and is no column of any.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from tools.measurement.answers import NOTHING

TEXT, WHOLE, FLAG = pl.String, pl.Int64, pl.Boolean
Columns = Mapping[str, pl.DataType | type[pl.DataType]]


@dataclass(frozen=True)
class Relation:
    """Rows of one kind. `source`: SQL that gives contact_id, key (of the row), at (microseconds
    since 1970) and the columns; `later`: columns that are known only since `closed_at`."""

    kind: str
    columns: Columns
    source: str
    files: tuple[str, ...]
    """Kinds of the warehouse that it reads."""
    later: Columns = field(default_factory=dict)

    @property
    def known(self) -> Columns:
        """Every column that an expression may name, with its type."""
        return {**self.columns, **self.later}

    @property
    def instants(self) -> tuple[str, ...]:
        """Columns whose instants decide what is known by when."""
        return ("at", "closed_at") if self.later else ("at",)


_DEALS: Final = """
SELECT c.contact_id, d.deal_id AS key, EPOCH_US(d.opened_at) AS "at",
       EPOCH_US(d.closed_at) AS closed_at, d.won, d.amount
FROM deals AS d JOIN contacts AS c ON c.account_id = d.account_id
"""
_STAGES: Final = """
SELECT c.contact_id, s.deal_id || '/' || s.stage AS key,
       GREATEST(EPOCH_US(s."at"), EPOCH_US(d.opened_at)) AS "at", s.stage
FROM deal_stages AS s
JOIN deals AS d ON d.deal_id = s.deal_id
JOIN contacts AS c ON c.account_id = d.account_id
"""
_OUTCOMES: Final = """
SELECT contact_id, outcome_id AS key, EPOCH_US("at") AS "at", kind, value, source
FROM outcomes WHERE contact_id IS NOT NULL
UNION ALL
SELECT t.contact_id, o.outcome_id AS key, EPOCH_US(o."at") AS "at", o.kind, o.value, o.source
FROM outcomes AS o JOIN touches AS t ON t.touch_id = o.touch_id AND t."at" <= o."at"
WHERE o.contact_id IS NULL AND t.contact_id IS NOT NULL
"""

RELATIONS: Final[dict[str, Relation]] = {
    one.kind: one
    for one in (
        Relation(
            "contacts",
            {},
            'SELECT contact_id, contact_id AS key, EPOCH_US(created_at) AS "at" FROM contacts',
            ("contacts",),
        ),
        Relation(
            "touches",
            {"channel": TEXT, "treatment_id": TEXT, "class": TEXT, "cost": WHOLE, "source": TEXT},
            'SELECT contact_id, touch_id AS key, EPOCH_US("at") AS "at", channel, treatment_id, '
            '"class", cost, source FROM touches WHERE contact_id IS NOT NULL '
            f"AND COALESCE(treatment_id, '') <> '{NOTHING}'",
            ("touches",),
        ),
        Relation(
            "outcomes",
            {"kind": TEXT, "value": WHOLE, "source": TEXT},
            _OUTCOMES,
            ("outcomes", "touches"),
        ),
        Relation(
            "events",
            {"kind": TEXT, "subject": TEXT, "value": WHOLE, "source": TEXT},
            'SELECT contact_id, event_id AS key, EPOCH_US("at") AS "at", kind, subject, value, '
            "source FROM events WHERE contact_id IS NOT NULL",
            ("events",),
        ),
        Relation(
            "deals",
            {},
            _DEALS,
            ("deals", "contacts"),
            {"closed": FLAG, "won": FLAG, "amount": WHOLE},
        ),
        Relation("deal_stages", {"stage": TEXT}, _STAGES, ("deal_stages", "deals", "contacts")),
    )
}
"""`deals` and `deal_stages`: those of the contact's account, one row for each of its contacts. The
amount and the end of a deal are known since it closed; before, neither is told. Touches that left
the contact alone by chance are none."""
