"""`python -m evals.identity`: who is one person, found among contacts of whom it is known.

Duplicates are planted in the forms that imports bring, beside households, couples and offices that
share a telephone or a mailbox and are several people. Judged by pairs: of the pairs found, how many
are one person (precision); of those that are, how many were found (recall).
"""

import argparse
import json
import resource
import sys
from time import perf_counter, process_time
from typing import Any

import polars as pl

from evals.identity_worlds import world
from tools.warehouse.identity.matching import Found, find


def judge(contacts: pl.DataFrame, found: Found) -> dict[str, Any]:
    """The figures of what was found in a world."""
    merged = contacts.select("contact_id", "person", "planted").join(
        found.merges, on="contact_id", how="left", maintain_order="left"
    )
    people = merged.with_columns(found=pl.coalesce("survivor_id", "contact_id"))
    right, told = _pairs(people, ["person", "found"]), _pairs(people, ["found"])
    true = _pairs(people, ["person"])
    return {
        "contacts": contacts.height,
        "pairs_planted": true,
        "pairs_found": told,
        "precision": round(right / told, 4) if told else None,
        "recall": round(right / true, 4) if true else None,
        "merges": found.merges.height,
        "suspects": dict(found.suspects.group_by("reason").len().sort("reason").iter_rows()),
        "recall_by_form": _by_form(people),
        "wrong_by_form": _wrong(people),
    }


def _pairs(people: pl.DataFrame, keys: list[str]) -> int:
    """How many pairs stand in one group."""
    size = people.group_by(keys).len().get_column("len").cast(pl.Int64)
    return int((size * (size - 1) // 2).sum())


def _by_form(people: pl.DataFrame) -> dict[str, float]:
    """Of each form that was planted, the share that ended with the one it is a form of."""
    first = people.filter(pl.col("planted") == "").select("person", first="found")
    planted = people.join(first, on="person").filter(pl.col("planted") != "")
    shares = planted.group_by("planted").agg(share=(pl.col("found") == pl.col("first")).mean())
    return {name: round(share, 4) for name, share in shares.sort("planted").iter_rows()}


def _wrong(people: pl.DataFrame) -> dict[str, int]:
    """Contacts merged under somebody else, by how they were planted."""
    survivor = people.select(survivor_id="contact_id", other="person")
    wrong = people.join(survivor, on="survivor_id").filter(pl.col("person") != pl.col("other"))
    return dict(wrong.group_by("planted").len().sort("planted").iter_rows())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.identity", description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="the figures as JSON")
    asked = parser.parse_args()
    contacts = world(asked.contacts, asked.seed)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began, worked = perf_counter(), process_time()
    found = find(contacts)
    seconds, work = round(perf_counter() - began, 2), round(process_time() - worked, 2)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    said = judge(contacts, found) | {
        "seconds": seconds,
        "processor_seconds": work,
        "peak_mb": round(peak, 1),
        "peak_mb_of_the_world_alone": round(before, 1),
    }
    if asked.json:
        sys.stdout.write(json.dumps(said, indent=1) + "\n")
    else:
        sys.stdout.write("".join(f"{name}: {value}\n" for name, value in said.items()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
