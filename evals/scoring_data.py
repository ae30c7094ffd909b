"""Bank calls, leads and churn as contacts of the product, each with its answer, in file order."""

import gzip
import io
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from evals.real_data import first_of, member

TESTED: Final = (0, 1, 2)
"""Last digits of the row numbers (from 0) that are judged and never learned from."""
CHURN_COLUMNS: Final = 14


def read_bank(*, additional: bool) -> pl.DataFrame:
    """contact, contact_id, attr_* (the call's `duration` too), answered. Raises DataError where
    no copy is found."""
    archive, name = (
        ("bank-additional.zip", "bank-additional/bank-additional-full.csv")
        if additional
        else ("bank.zip", "bank-full.csv")
    )
    packed = first_of(
        {"bank_marketing/bank+marketing.zip": bytes, "bank+marketing.zip": bytes},
    )
    raw = pl.read_csv(
        io.BytesIO(member(member(packed, archive), name)),
        separator=";",
        infer_schema_length=None,
    )
    return _contacts(raw.drop("y"), raw.get_column("y") == "yes")


def days_of(calls: pl.DataFrame) -> npt.NDArray[np.int64]:
    """The day of each call, counted from 0: rows are in order of time, so that a day ends where
    the month or the day beside it changes. Days without a call are not counted."""
    names = ("attr_month", "attr_day", "attr_day_of_week")
    told = [pl.col(name) for name in names if name in calls.columns]
    begins = pl.any_horizontal(one != one.shift(1) for one in told).fill_null(False)
    return calls.select(begins.cum_sum().cast(pl.Int64)).to_series().to_numpy()


def read_leads() -> pl.DataFrame:
    """The same of the leads; their two numbers, which name the row alone, are no attribute."""
    text = first_of({"lead_scoring/Leads.csv.gz": gzip.decompress, "lead_scoring/Leads.csv": bytes})
    raw = pl.read_csv(io.BytesIO(text), infer_schema_length=None)
    known = raw.drop("Prospect ID", "Lead Number", "Converted", "", strict=False)
    return _contacts(known, raw.get_column("Converted") == 1)


def read_churn() -> pl.DataFrame:
    """The same of the telephone customers; `answered` is churn."""
    text = first_of({"iranian_churn/Customer_Churn.csv": bytes})
    raw = pl.read_csv(io.BytesIO(text), infer_schema_length=None)
    return _contacts(raw.drop("Churn"), raw.get_column("Churn") == 1)


def by_number(contacts: pl.DataFrame) -> npt.NDArray[np.bool_]:
    """Which rows the READMEs' split judges: those whose number ends in 0, 1 or 2."""
    return np.asarray(np.isin(contacts.get_column("contact").to_numpy() % 10, TESTED))


def _contacts(known: pl.DataFrame, answered: pl.Series) -> pl.DataFrame:
    named = known.rename({name: f"attr_{name}" for name in known.columns})
    return (
        named.with_columns(answered=answered)
        .with_row_index("contact")
        .with_columns(contact_id=pl.format("R{}", pl.col("contact").cast(pl.String).str.zfill(5)))
    )
