"""Time zones a contact may live in: the strictest answer needs all of them."""

from functools import cache
from importlib.resources import files

import polars as pl

from domain.zones import known_zones


@cache
def zones_by_country() -> dict[str, tuple[str, ...]]:
    """IANA zones of each ISO 3166 country, from the tz database's zone.tab."""
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    for line in table.splitlines():
        if not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            found.setdefault(country, []).append(zone)
    return {country: tuple(sorted(zones)) for country, zones in found.items()}


def known_country(country: pl.Expr) -> pl.Expr:
    """The code as ISO 3166 writes it; null where it is none: `UK` and `USA` say nothing, and who
    lives nobody knows where is under every country's law."""
    code = country.str.strip_chars().str.to_uppercase()
    return pl.when(code.is_in(sorted(zones_by_country()))).then(code)


@cache
def every_zone() -> tuple[str, ...]:
    return tuple(sorted({zone for zones in zones_by_country().values() for zone in zones}))


def candidate_zones(timezone: str | None, country: str | None) -> tuple[str, ...]:
    """Where the contact may be: its zone; else all zones of its country; else everywhere."""
    if timezone is not None and timezone in known_zones():
        return (timezone,)
    return zones_by_country().get(country or "", every_zone())
