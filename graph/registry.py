"""Do-not-call registries: what their newest copies say of the contacts' numbers."""

from functools import lru_cache
from pathlib import Path

import polars as pl

from graph.facts import REGISTERED
from tools.erasure.identity import normal
from tools.parquet import read_table
from tools.warehouse.store import Warehouse

Told = tuple[int, int, int]


def registered(warehouse: Warehouse) -> pl.DataFrame:
    """REGISTERED of every contact that has a number; nobody where no copy was ever imported."""
    files = [warehouse.folder / f"{kind}.parquet" for kind in ("contacts", "do_not_call")]
    if not all(file.exists() for file in files):
        return nobody_registered()
    stats = [file.stat() for file in files]
    told = tuple((one.st_mtime_ns, one.st_size, one.st_ino) for one in stats)
    return _looked_up(files[0], files[1], told)


def nobody_registered() -> pl.DataFrame:
    """Nothing is known of any number."""
    return pl.DataFrame(schema=REGISTERED)


@lru_cache(maxsize=2)
def _looked_up(contacts: Path, registry: Path, _: tuple[Told, ...]) -> pl.DataFrame:
    """Looked up once for each version of the files: the door asks at every judging."""
    people = read_table(contacts, ["contact_id", "country", "phone"])
    return look_up(people, read_table(registry, ["phone", "country", "at"]))


def look_up(people: pl.DataFrame, registry: pl.DataFrame) -> pl.DataFrame:
    """REGISTERED of the people (contact_id, country, phone) by a registry (phone, country, at).

    A number that any registry ever listed counts as listed. Whose country is not known is asked
    about in the copy that is oldest.
    """
    listed = registry.select(number=normal("phone")).drop_nulls().unique()
    copies = registry.group_by("country").agg(registry_at=pl.col("at").max())
    oldest = copies.get_column("registry_at").min()
    return (
        people.with_columns(number=normal("phone"))
        .filter(pl.col("number").is_not_null())
        .join(copies, on="country", how="left", maintain_order="left")
        .select(
            "contact_id",
            do_not_call=pl.col("number").is_in(listed.get_column("number").implode()),
            registry_at=pl.when(pl.col("country").is_null())
            .then(pl.lit(oldest, dtype=REGISTERED["registry_at"]))
            .otherwise("registry_at"),
        )
    )
