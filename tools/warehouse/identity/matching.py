"""Matching: who is one person by their keys, and whom to ask about.

Contacts are joined by keys that few hold, where their names do not contradict; connected
components of that graph (scipy.sparse.csgraph) are people. What is doubtful is told, not merged:
a merge takes from everybody in it what any of them refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from tools.warehouse.identity.keys import KNOWN, keys_of_contacts
from tools.warehouse.identity.names import agree, words

HOLDERS: Final = 5
"""Contacts that may hold one key; a key of more is nobody's own (a switchboard, a placeholder)."""
MEMBERS: Final = 12
"""Contacts that one person may be; longer chains are laid before somebody."""
MERGES: Final = pl.Schema(
    {"contact_id": pl.String(), "survivor_id": pl.String(), "why": pl.String()}
)
"""contact_id: who is to stand under survivor_id from then on; why: the kinds of keys that join them
all, such as `email, phone`."""
SUSPECTS: Final = pl.Schema(
    {"reason": pl.String(), "why": pl.String(), "contacts": pl.List(pl.String)}
)
REASONS: Final = {
    "crowded": f"more than {HOLDERS} contacts hold one key",
    "names_differ": "one mailbox, and names that can not be one person's",
    "phone_alone": "one telephone, and names that do not say that it is one person",
    "chain": "joined through others, and names that can not be one person's",
    "too_many": f"more than {MEMBERS} contacts are joined",
    "kept_apart": "somebody took a merge of them back",
}
SURVIVORS: Final = pl.Schema({"contact_id": pl.String(), "survivor_id": pl.String()})
"""Who stands for whom; contacts that stand for themselves are left out."""


@dataclass(frozen=True)
class Found:
    """merges: MERGES, each contact once, no survivor among the contacts. suspects: SUSPECTS."""

    merges: pl.DataFrame
    suspects: pl.DataFrame


def find(
    contacts: pl.DataFrame,
    standing: pl.DataFrame | None = None,
    apart: pl.DataFrame | None = None,
) -> Found:
    """What is to be merged, and what is doubtful, of the contacts (KNOWN, once each).

    standing: SURVIVORS of merges that stand; they stay, and whoever joins one joins its survivor.
    apart: contact_id, survivor_id of merges that somebody took back: they are not found again.
    The same contacts in any order give the same answer.
    """
    nobody = pl.DataFrame(schema=SURVIVORS)
    standing = nobody if standing is None else standing
    people = _numbered(contacts, standing)
    pairs, crowded = _pairs(people)
    edges, doubtful = _judged(people, pairs)
    joined = _joined(people, edges)
    taken_back = nobody if apart is None else apart
    sound, wrong = _sound(joined, _by_row(people, taken_back))
    return Found(
        merges=_merges(sound, edges),
        suspects=_told([crowded, doubtful, wrong]),
    )


def _numbered(contacts: pl.DataFrame, standing: pl.DataFrame) -> pl.DataFrame:
    """The contacts, oldest first, with `row` from 0, their words, and the row of their survivor."""
    ordered = contacts.select(list(KNOWN)).sort("created_at", "contact_id")
    rows = ordered.with_columns(row=pl.int_range(pl.len(), dtype=pl.Int32), words=words())
    roots = standing.join(
        rows.select(survivor_id="contact_id", root="row"), on="survivor_id", how="inner"
    )
    with_root = rows.join(
        roots.select("contact_id", "root"), on="contact_id", how="left", maintain_order="left"
    )
    return with_root.with_columns(root=pl.coalesce("root", "row"))


def _pairs(people: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(left, right, email, phone) once for each two who hold a key that few hold; and SUSPECTS."""
    rows = people.select("contact_id", "row")
    held = keys_of_contacts(people).join(rows, on="contact_id").sort("row")
    holders = pl.len().over("kind", "key")
    several = held.with_columns(holders=holders).filter(pl.col("holders") > 1)
    few, many = (several.filter(one) for one in (_few(), ~_few()))
    both = few.join(few, on=["kind", "key"]).filter(pl.col("row") < pl.col("row_right"))
    pairs = both.group_by(left="row", right="row_right").agg(
        email=(pl.col("kind") == "email").any(), phone=(pl.col("kind") == "phone").any()
    )
    crowds = many.group_by("kind", "key", maintain_order=True).agg(contacts="contact_id")
    crowded = crowds.select(reason=pl.lit("crowded"), why="kind", contacts="contacts")
    return pairs.sort("left", "right"), crowded


def _few() -> pl.Expr:
    return pl.col("holders") <= HOLDERS


def _judged(people: pl.DataFrame, pairs: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Pairs that say the same person, and SUSPECTS of the others. A mailbox joins unless the names
    contradict; a telephone, which a household shares, joins only where they agree."""
    named = _named(people, pairs).with_columns(
        differ=contradict(),
        same=agree("words", "words_right").fill_null(False),
    )
    ok = (pl.col("email") & ~pl.col("differ")) | (pl.col("phone") & pl.col("same"))
    edges, doubtful = named.filter(ok), named.filter(~ok)
    said = doubtful.select(
        reason=pl.when("email").then(pl.lit("names_differ")).otherwise(pl.lit("phone_alone")),
        why=pl.when("email").then(pl.lit("email")).otherwise(pl.lit("phone")),
        contacts=pl.concat_list("contact_id", "contact_id_right"),
    )
    return edges.select("left", "right", "email", "phone"), said


def contradict() -> pl.Expr:
    """Names that can't be one person's, of two accounts or of two words each at least: a nickname
    beside a full name says nothing. Rows: words, account_id, and the other's with `_right`."""
    other = (pl.col("account_id") != pl.col("account_id_right")).fill_null(False)
    whole = (pl.col("words").list.len() > 1) & (pl.col("words_right").list.len() > 1)
    same = agree("words", "words_right").fill_null(True)
    return ~same & (other | whole.fill_null(False))


def _named(people: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """The pairs with what is known of both, the second's with `_right`."""
    facts = people.select("row", "contact_id", "account_id", "words")
    return pairs.join(facts, left_on="left", right_on="row", maintain_order="left").join(
        facts, left_on="right", right_on="row", maintain_order="left"
    )


def _joined(people: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    """The contacts of more than one, with the number of their `component`; standing merges join."""
    merged = people.filter(pl.col("root") != pl.col("row"))
    left = np.concatenate([edges["left"].to_numpy(), merged["row"].to_numpy()])
    right = np.concatenate([edges["right"].to_numpy(), merged["root"].to_numpy()])
    size = people.height
    graph = coo_array((np.ones(left.size, dtype=np.int8), (left, right)), shape=(size, size))
    labels = connected_components(graph, directed=False)[1] if size else np.zeros(0, np.int32)
    numbered = people.with_columns(component=pl.Series(labels, dtype=pl.Int32))
    return numbered.filter(pl.col("root").n_unique().over("component") > 1)


def _by_row(people: pl.DataFrame, apart: pl.DataFrame) -> pl.DataFrame:
    """left, right (rows) of what is kept apart, as far as both are known."""
    rows = people.select("contact_id", "row")
    both = apart.join(rows.rename({"row": "left"}), on="contact_id").join(
        rows.select(survivor_id="contact_id", right="row"), on="survivor_id"
    )
    return both.select("left", "right")


def _sound(joined: pl.DataFrame, apart: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Components in which nothing speaks against one person, and SUSPECTS of the others."""
    sizes = pl.len().over("component") > MEMBERS
    too_many, rest = joined.filter(sizes), joined.filter(~sizes)
    numbers = joined.select("row", "component")
    parted = apart.join(numbers, left_on="left", right_on="row").join(
        numbers, left_on="right", right_on="row"
    )
    kept = parted.filter(pl.col("component") == pl.col("component_right")).get_column("component")
    reasons = {"too_many": too_many, "kept_apart": joined.filter(_among(kept))}
    reasons["chain"] = rest.filter(_among(_contradicting(rest)))
    wrong = pl.concat(
        one.group_by("component", maintain_order=True).agg(
            reason=pl.lit(reason), contacts=pl.col("contact_id")
        )
        for reason, one in reasons.items()
    ).unique("component", keep="first", maintain_order=True)
    sound = joined.filter(~_among(wrong.get_column("component")))
    return sound, wrong.select("reason", why=pl.lit("several"), contacts="contacts")


def _among(components: pl.Series) -> pl.Expr:
    return pl.col("component").is_in(components.unique().implode())


def _contradicting(rest: pl.DataFrame) -> pl.Series:
    """Components with two members whose names contradict."""
    facts = rest.select("component", "row", "account_id", "words")
    both = facts.join(facts, on="component").filter(pl.col("row") < pl.col("row_right"))
    return both.filter(contradict()).get_column("component")


def _merges(sound: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    """MERGES: of each component the oldest survivor stands for all the others' survivors."""
    first = pl.col("root").min().over("component")
    losing = sound.with_columns(first=first).filter(
        (pl.col("row") == pl.col("root")) & (pl.col("root") != pl.col("first"))
    )
    winners = sound.select(first="row", survivor_id="contact_id")
    kinds = _kinds(sound, edges)
    told = losing.join(winners, on="first").join(kinds, on="component", how="left")
    return told.select("contact_id", "survivor_id", why=pl.col("why").fill_null("")).sort(
        "survivor_id", "contact_id"
    )


def _kinds(sound: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    """component, why: the kinds of keys that join its contacts."""
    named = edges.join(sound.select("row", "component"), left_on="left", right_on="row")
    kinds = named.group_by("component").agg(pl.col("email").any(), pl.col("phone").any())
    said = pl.concat_list(
        pl.when(kind).then(pl.lit(kind)).alias(kind) for kind in ("email", "phone")
    )
    return kinds.select("component", why=said.list.drop_nulls().list.join(", "))


def _told(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """SUSPECTS, each once, in an order that does not depend on the contacts'."""
    rows = pl.concat(parts).with_columns(pl.col("contacts").list.sort()).unique()
    first = pl.col("contacts").list.first()
    shown = rows.select(pl.col(name).cast(dtype) for name, dtype in SUSPECTS.items())
    return shown.sort("reason", first, pl.col("contacts").list.join(","))
