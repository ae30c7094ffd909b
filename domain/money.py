"""Money: whole minor units of one currency; decimals exist only at the edge."""

from decimal import ROUND_FLOOR, Decimal, InvalidOperation

from domain.errors import DataError
from domain.record import Record

MINOR_UNITS = {"JPY": 0, "KRW": 0, "BHD": 3, "KWD": 3}
"""Digits after the point for ISO 4217 currencies that do not have two."""


class Money(Record):
    """An amount in whole minor units (cents) with its ISO 4217 currency."""

    minor: int
    currency: str

    def __str__(self) -> str:
        return format_minor(self.minor, self.currency)


def digits(currency: str) -> int:
    return MINOR_UNITS.get(currency, 2)


def to_minor(amount: str | int | Decimal, currency: str) -> int:
    """Whole minor units of a decimal amount in major units; fractions of a unit round down.

    Raises DataError where the text is no finite decimal number.
    """
    try:
        value = Decimal(str(amount))
    except InvalidOperation:
        raise DataError(f"Expected an amount such as 12.50, found {amount!r}.") from None
    if not value.is_finite():
        raise DataError(f"Expected a finite amount, found {amount!r}.")
    return int((value * 10 ** digits(currency)).to_integral_value(rounding=ROUND_FLOOR))


def format_minor(minor: float, currency: str) -> str:
    """`$1,234` and `€1,234.50`: cents are shown below a hundred units, where they matter."""
    sign = "-" if minor < 0 else ""
    major = abs(minor) / 10 ** digits(currency)
    symbol = {"USD": "$", "EUR": "€", "GBP": "£"}.get(currency, f"{currency} ")
    places = digits(currency) if major < 100 else 0
    return f"{sign}{symbol}{major:,.{places}f}"
