"""Whether groups that the workspace declared would be chosen, and found, about alike."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from domain.special import Personal, category_of
from tools.prediction.estimating import Estimate
from tools.prediction.features import ATTRIBUTE_PREFIX
from tools.prediction.propensity import Floats
from tools.prediction.registry.scoring import Judged
from tools.prediction.registry.versions import Figure, GroupGap

TOP: Final = 0.2
"""Share of contacts that counts as chosen: the largest predicted effects come first."""
LEAST_CONTACTS: Final = 50
LEAST_ANSWERED: Final = 20
"""What a group needs before its figure is compared; smaller ones say little but noise."""


@dataclass(frozen=True)
class Side:
    """One of the two: what it says of every contact, and of the evaluation touches."""

    estimate: Estimate
    judged: Judged


@dataclass(frozen=True)
class Sides:
    champion: Side
    challenger: Side


def group_gaps(
    groups: Sequence[str],
    observations: pl.DataFrame,
    contacts: int,
    sides: Sides,
    declared: Mapping[str, Personal | None],
) -> tuple[tuple[GroupGap, ...], str]:
    """The gaps by each declared group, and in a sentence which were compared or why none.

    Selection rate: share of a group's contacts (the first `contacts` rows of observations) among
    the top fifth by effect. True positive rate: of a group's evaluation touches that were answered,
    the share among the top fifth by chance (equal opportunity; Hardt, Price and Srebro, 2016).
    """
    if not groups:
        return (), "No group is declared ([models] groups in clearance.toml): none was compared."
    kept = [one for one in groups if category_of(one, declared) is None]
    columns = {one: _column(one, observations) for one in kept}
    known = {name: column for name, column in columns.items() if column is not None}
    gaps = [gap for name, column in known.items() for gap in _gaps(name, column, contacts, sides)]
    return tuple(gaps), _said(groups, kept, known, gaps)


def _said(
    groups: Sequence[str],
    kept: Sequence[str],
    known: Mapping[str, pl.Series],
    gaps: Sequence[GroupGap],
) -> str:
    compared = sorted({one.attribute for one in gaps})
    special = [one for one in groups if one not in kept]
    absent = [one for one in kept if one not in known]
    small = [one for one in known if one not in compared]
    return " ".join(
        f"{words}: {', '.join(names)}."
        for words, names in (
            ("Compared by", compared),
            ("Special categories of personal data, by which nobody is compared", special),
            ("No such attribute", absent),
            ("Fewer than two groups large enough", small),
        )
        if names
    )


def _column(name: str, observations: pl.DataFrame) -> pl.Series | None:
    for one in (name, f"{ATTRIBUTE_PREFIX}{name}"):
        if one in observations.columns:
            return observations.get_column(one).cast(pl.String)
    return None


def _gaps(name: str, column: pl.Series, contacts: int, sides: Sides) -> Iterator[GroupGap]:
    everyone = np.arange(contacts)
    each = (sides.champion, sides.challenger)
    selected = [
        _rates(column, everyone, _top(one.estimate.effect[:contacts]), LEAST_CONTACTS)
        for one in each
    ]
    found = [_found(column, one.judged) for one in each]
    if len(selected[1]) >= 2:
        yield _told(name, "selection rate", selected)
    if len(found[1]) >= 2:
        yield _told(name, "true positive rate", found)


def _told(name: str, figure: Figure, rates: Sequence[Mapping[str, float]]) -> GroupGap:
    return GroupGap(
        attribute=name,
        figure=figure,
        gap=_gap(rates[1]),
        champion_gap=_gap(rates[0]),
        groups=dict(rates[1]),
    )


def _gap(rates: Mapping[str, float]) -> float:
    """0 where fewer than two groups are large enough."""
    return max(rates.values(), default=0.0) - min(rates.values(), default=0.0)


def _found(column: pl.Series, judged: Judged) -> dict[str, float]:
    chosen = _top(judged.chance)[judged.answered]
    return _rates(column, judged.row[judged.answered], chosen, LEAST_ANSWERED)


def _top(score: Floats) -> Floats:
    """How surely each is among the top fifth: 1 above the mark, 0 below, and those that tie at it
    share what is left, so that equal scores are chosen alike."""
    if len(score) == 0:
        return np.zeros(0)
    places = TOP * len(score)
    mark = np.sort(score)[::-1][max(int(np.ceil(places)) - 1, 0)]
    above, ties = score > mark, score == mark
    share = (places - above.sum()) / ties.sum()
    return np.where(above, 1.0, np.where(ties, share, 0.0))


def _rates(
    column: pl.Series, contact: npt.NDArray[np.int64], chosen: Floats, least: int
) -> dict[str, float]:
    """Mean of `chosen` by group, of groups with `least` rows; unknown is no group."""
    rows = pl.DataFrame({"group": column.gather(contact), "chosen": chosen})
    rates = (
        rows.filter(pl.col("group").is_not_null())
        .group_by("group")
        .agg(pl.col("chosen").mean(), rows=pl.len())
        .filter(pl.col("rows") >= least)
        .sort("group")
    )
    return dict(rates.select("group", "chosen").iter_rows())
