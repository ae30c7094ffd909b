"""Compatibility: which candidates of one contact may be chosen together, as masks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from graph.arbitration.compiled import Bools, Floats, Ints, Masks, compiled, each, spans
from graph.arbitration.problem import INSTANT, Problem, left_of
from graph.arbitration.sets import MOST_CANDIDATES, NONE, ONE, count_bits

Pairs = npt.NDArray[np.int64]
Kind = TypeVar("Kind", bound=np.generic)


@dataclass(frozen=True)
class ContactRules:
    """The fields of `sets.Table` that say what one contact may get at once."""

    clash: Masks
    closed: Masks
    cap_mask: Masks
    cap_left: npt.NDArray[np.int16]
    most: npt.NDArray[np.int16]
    entwined: bool
    whole: Masks
    needy: Masks
    needed: Masks


class Predicates:
    """Numbers for (column, value), and by position which of them hold, 64 to a word."""

    def __init__(self, problem: Problem, order: Ints) -> None:
        self._problem, self._order = problem, order
        self._numbers: dict[tuple[str, str], int] = {}

    def number(self, column: str, value: str) -> int:
        return self._numbers.setdefault((column, value), len(self._numbers))

    def held(self) -> Masks:
        """(words, P)."""
        words = max(1, -(-len(self._numbers) // 64))
        held = np.zeros((words, len(self._order)), dtype=np.uint64)
        for (column, value), number in self._numbers.items():
            bit = self._problem.mask(column, value).to_numpy().astype(np.uint64)
            held[number // 64] |= bit << np.uint64(number % 64)
        return held if in_place(self._order) else held[:, self._order]


@compiled
def in_place(order: Ints) -> bool:
    """Whether every row stays where it is."""
    for place in range(len(order)):
        if order[place] != place:
            return False
    return True


def contact_rules(problem: Problem, order: Ints, start: Ints) -> ContactRules:
    """The rules of a problem by packed position."""
    limits, contacts = problem.limits, len(start) - 1
    predicates = Predicates(problem, order)
    exclusions = [
        (predicates.number(c, a), predicates.number(d, b)) for c, a, d, b in limits.exclusions
    ]
    needs = [(predicates.number(c, a), predicates.number(d, b)) for c, a, d, b in limits.requires]
    apart = [
        (predicates.number("channel", a), predicates.number("channel", b))
        for a, b, _ in limits.spacing_hours
    ]
    caps = [cap for cap in limits.caps if cap.per == "contact"]
    wheres = [[predicates.number(c, v) for c, v in sorted(cap.where.items())] for cap in caps]
    held = predicates.held()
    whole = _whole(problem, order, start)
    entwined = bool(needs) or whole is not None
    clash = _clashes(problem, order, start, held, exclusions, apart)
    masks = [_mask(held, start, where) for where in wheres]
    ids = problem.candidates.get_column("contact").to_numpy()[order[start[:-1]]].astype(np.int64)
    lefts = [left_of(problem, cap, ids) for cap in caps]
    closed, most = _most(start, masks, lefts)
    for mask, left in zip(masks, lefts, strict=True):
        one_of(start, mask, left, clash)
    binding = [c for c in range(len(caps)) if says_more(start, masks[c], lefts[c], most)]
    return ContactRules(
        clash=clash,
        closed=closed,
        cap_mask=_stacked([masks[c] for c in binding], contacts, np.uint64),
        cap_left=_stacked([np.minimum(lefts[c], 64) for c in binding], contacts, np.int16),
        most=most,
        entwined=entwined,
        whole=(np.zeros(len(order) if entwined else 0, np.uint64) if whole is None else whole),
        needy=_stacked([_mask(held, start, [a]) for a, _ in needs], contacts, np.uint64),
        needed=_stacked([_mask(held, start, [b]) for _, b in needs], contacts, np.uint64),
    )


def _stacked(
    columns: Sequence[npt.NDArray[np.generic]], rows: int, dtype: type[Kind]
) -> npt.NDArray[Kind]:
    """Columns side by side, one row a contact."""
    if not columns:
        return np.zeros((rows, 0), dtype=dtype)
    return np.ascontiguousarray(np.stack(columns, axis=1).astype(dtype))


def _mask(held: Masks, start: Ints, numbers: list[int]) -> Masks:
    return holding(held, start, np.array(numbers, dtype=np.int64))


@compiled
def holding(held: Masks, start: Ints, numbers: Ints) -> Masks:
    """A mask per contact of the candidates for which all these predicates hold."""
    masks = np.zeros(len(start) - 1, dtype=np.uint64)
    for i in range(len(start) - 1):
        for position in range(start[i], start[i + 1]):
            every = True
            for number in numbers:
                word = held[number // 64, position]
                every &= (word >> np.uint64(number % 64)) & ONE != NONE
            if every:
                masks[i] |= ONE << np.uint64(position - start[i])
    return masks


def _most(
    start: Ints, masks: list[Masks], lefts: list[Ints]
) -> tuple[Masks, npt.NDArray[np.int16]]:
    """Bits that a spent cap closes, and the size that a set can have."""
    counts = np.diff(start)
    closed, most = np.zeros(len(counts), dtype=np.uint64), counts.copy()
    for mask, left in zip(masks, lefts, strict=True):
        counted = bit_counts(mask)
        closed |= np.where(left <= 0, mask, NONE)
        # what the cap counts up to its limit, and all that it does not count
        most = np.minimum(most, counts - counted + np.minimum(counted, np.maximum(left, 0)))
    return closed, most.astype(np.int16)


@compiled
def one_of(start: Ints, mask: Masks, left: Ints, clash: Masks) -> None:
    """A cap that leaves one makes all that it counts exclude one another."""
    for i in range(len(mask)):
        if left[i] == 1:
            for position in range(start[i], start[i + 1]):
                bit = ONE << np.uint64(position - start[i])
                if mask[i] & bit != NONE:
                    clash[position] |= mask[i] & ~bit


@compiled
def says_more(start: Ints, mask: Masks, left: Ints, most: npt.NDArray[np.int16]) -> bool:
    """Whether a cap says for some contact what neither clashes nor the size of sets say."""
    for i in range(len(mask)):
        counted = count_bits(mask[i])
        if 1 < left[i] < counted and (counted < start[i + 1] - start[i] or most[i] > left[i]):
            return True
    return False


@compiled
def bit_counts(masks: Masks) -> Ints:
    counts = np.empty(len(masks), dtype=np.int64)
    for i in range(len(masks)):
        counts[i] = count_bits(masks[i])
    return counts


def _clashes(
    problem: Problem,
    order: Ints,
    start: Ints,
    held: Masks,
    exclusions: list[tuple[int, int]],
    apart: list[tuple[int, int]],
) -> Masks:
    """By position, the candidates of its contact that it can't be chosen with."""
    frame, limits = problem.candidates, problem.limits
    clash = np.zeros(len(order), dtype=np.uint64)
    codes = np.zeros((len(limits.alternatives), len(order)), dtype=np.int32)
    for row, column in enumerate(limits.alternatives):
        codes[row] = _codes(frame, column)[order]
    hours = np.zeros(0)
    if apart:
        slots = frame.get_column("slot").cast(INSTANT).dt.epoch("us").cast(pl.Float64) / 3.6e9
        hours = slots.fill_null(np.nan).to_numpy()[order]
    least = np.array([h for _, _, h in limits.spacing_hours], dtype=np.float64)
    never = np.array(exclusions, dtype=np.int64).reshape(-1, 2)
    spaced = np.array(apart, dtype=np.int64).reshape(-1, 2)

    def fill(number: int) -> None:
        low, high = chunks[number]
        clashes(start, low, high, held, codes, never, spaced, hours, least, clash)

    if len(codes) or exclusions or apart:
        chunks = spans(len(start) - 1)
        each(fill, len(chunks))
    return clash


@compiled
def _both(one: np.uint64, other: np.uint64, a: int, b: int) -> bool:
    """Whether one of the two holds predicate a and the other predicate b."""
    first = (one >> np.uint64(a)) & (other >> np.uint64(b)) & ONE
    second = (other >> np.uint64(a)) & (one >> np.uint64(b)) & ONE
    return bool(first | second != NONE)


@compiled
def _meet(held: Masks, p: int, q: int, pair: Ints) -> bool:
    a, b = pair[0], pair[1]
    if held.shape[0] == 1:
        return _both(held[0, p], held[0, q], a, b)
    ap = (held[a // 64, p] >> np.uint64(a % 64)) & ONE
    aq = (held[a // 64, q] >> np.uint64(a % 64)) & ONE
    bp = (held[b // 64, p] >> np.uint64(b % 64)) & ONE
    bq = (held[b // 64, q] >> np.uint64(b % 64)) & ONE
    return bool((ap & bq) | (aq & bp) != NONE)


@compiled
def clashes(
    start: Ints,
    low: int,
    high: int,
    held: Masks,
    codes: npt.NDArray[np.int32],
    never: Pairs,
    spaced: Pairs,
    hours: Floats,
    least: Floats,
    clash: Masks,
) -> None:
    """Fill in the clashes of contacts low to high."""
    for i in range(low, high):
        first = start[i]
        for p in range(first, start[i + 1]):
            for q in range(first, p):
                bad = False
                for row in range(codes.shape[0]):
                    bad |= codes[row, p] == codes[row, q] and codes[row, p] >= 0
                for rule in range(never.shape[0]):
                    bad |= _meet(held, p, q, never[rule])
                for rule in range(spaced.shape[0]):
                    if abs(hours[p] - hours[q]) < least[rule]:
                        bad |= _meet(held, p, q, spaced[rule])
                if bad:
                    clash[p] |= ONE << np.uint64(q - first)
                    clash[q] |= ONE << np.uint64(p - first)


def _codes(frame: pl.DataFrame, column: str) -> npt.NDArray[np.int32]:
    """Numbers for a column's values, -1 for null."""
    values = frame.get_column(column)
    if values.dtype not in (pl.Categorical, pl.Enum):
        values = values.cast(pl.String).cast(pl.Categorical)
    return values.to_physical().cast(pl.Int32).fill_null(-1).to_numpy()


def _whole(problem: Problem, order: Ints, start: Ints) -> Masks | None:
    """By position, the other bits of its bundle; None where there are no bundles."""
    if "bundle" not in problem.candidates.columns:
        return None
    if problem.candidates.get_column("bundle").null_count() == len(order):
        return None
    return bundles(start, _codes(problem.candidates, "bundle")[order])


@compiled
def bundles(start: Ints, codes: npt.NDArray[np.int32]) -> Masks:
    whole = np.zeros(len(codes), dtype=np.uint64)
    for i in range(len(start) - 1):
        for p in range(start[i], start[i + 1]):
            for q in range(start[i], start[i + 1]):
                if codes[p] >= 0 and codes[p] == codes[q]:
                    whole[p] |= ONE << np.uint64(q - start[i])
    return whole


__all__ = ["MOST_CANDIDATES", "Bools", "ContactRules", "contact_rules", "in_place"]
