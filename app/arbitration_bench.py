"""The bench of the arbitration: a seeded family of problems, solved, checked and compared."""

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from graph.arbitration.checking import sums_of, violations_inside, violations_together
from graph.arbitration.compiled import on_threads
from graph.arbitration.files import read, write
from graph.arbitration.greedy import greedy_draft
from graph.arbitration.grouping import Groups
from graph.arbitration.instances import family, family_in_parts
from graph.arbitration.packing import Packed, pack
from graph.arbitration.problem import Limits, Problem
from graph.arbitration.response import Field
from graph.arbitration.rows import rows_of
from graph.arbitration.solving import Solution, solve_field

PART = 50_000
"""Contacts of a partition, where the problem is not held as frames at once."""
WHOLE = 200_000
"""Above so many contacts it is not, unless asked for."""


@dataclass(frozen=True)
class Bench:
    """What to solve. files: write the problem as Parquet and read it back, timed apart."""

    contacts: int
    candidates: int
    seed: int
    account_cap: int | None = None
    ads_cut: float = 0.0
    files: bool = False
    greedy: bool = False
    polished: bool = False
    threads: int | None = None
    part: int | None = None
    cold: bool = False


def bench_arbitration(bench: Bench, progress: Callable[[str], None]) -> dict[str, Any]:
    """Figures of one problem of the family; keys in docs/commands.md.

    The solve is timed from packed arrays to an integer choice with repair. Compiling is done
    before, on a small problem, and timed apart where `cold` is asked for.
    """
    progress("compiling")
    warm_up(bench)
    watch = {"generate": 0.0, "read": 0.0, "pack": 0.0}
    whole = _packed(bench, watch, progress)
    progress("solving")
    with on_threads(bench.threads or len(os.sched_getaffinity(0))):
        began = perf_counter()
        found = solve_field(whole, polished=bench.polished)
        watch["solve"] = perf_counter() - began
    peak = _peak_mb()
    progress("checking with other code")
    broken = _violations(bench, found)
    answer = {
        "contacts": whole.contacts,
        "candidates": sum(len(part.order) for part in whole.parts),
        "limits": len(whole.rows.names),
        "binding": int((found.draft.prices > 1e-9).sum()),
        "seconds": {**watch, **found.seconds},
        "value": found.draft.value,
        "bound": found.bound,
        "gap": found.gap,
        "violations": list(broken),
        "shortfalls": _shortfalls(found),
        "charged": found.draft.charged,
        "peak_mb": peak,
        **_passes(found),
        "pass": _one_pass(whole, found, bench.threads),
    }
    if bench.greedy:
        progress("greedy, to compare")
        answer["greedy"] = [_greedy(whole, found, order) for order in ("value", "density")]
    if bench.cold:
        progress("a cold start, without compiled code")
        answer["cold_start"] = _cold(bench)
    return answer


def warm_up(bench: Bench) -> None:
    """Solve small problems, so that nothing is compiled later."""
    for contacts in (1_200, 40_000):
        small = family(contacts, bench.candidates, 0, bench.account_cap)
        rows = rows_of(small.limits)
        groups = Groups(rows.amounts)
        solve_field(Field((pack(small, groups),), rows, groups))


def _problems(bench: Bench) -> Iterator[Problem]:
    part = bench.part or (PART if bench.contacts > WHOLE else bench.contacts)
    further = (bench.account_cap, bench.ads_cut)
    if part < bench.contacts:
        yield from family_in_parts(bench.contacts, bench.candidates, bench.seed, part, *further)
    else:
        yield family(bench.contacts, bench.candidates, bench.seed, *further)


def _packed(bench: Bench, watch: dict[str, float], progress: Callable[[str], None]) -> Field:
    parts: list[Packed] = []
    began, rows, groups = perf_counter(), None, None
    for problem in _problems(bench):
        watch["generate"] += perf_counter() - began
        progress(f"packing, {sum(one.contacts for one in parts):,} contacts done")
        if bench.files:
            problem = _through_files(problem, watch)
        began = perf_counter()
        rows = rows or rows_of(problem.limits)
        groups = groups or Groups(rows.amounts)
        parts.append(pack(problem, groups))
        watch["pack"] += perf_counter() - began
        began = perf_counter()
    assert rows is not None
    assert groups is not None
    return Field(tuple(parts), rows, groups)


def _through_files(problem: Problem, watch: dict[str, float]) -> Problem:
    with tempfile.TemporaryDirectory() as folder:
        write(problem, Path(folder))
        del problem
        began = perf_counter()
        again = read(Path(folder))
        watch["read"] += perf_counter() - began
    return again


def _violations(bench: Bench, found: Solution) -> tuple[str, ...]:
    """Recomputed from the frames, partition by partition."""
    broken: list[str] = []
    sums: dict[str, float] = {}
    limits = Limits()
    pairs = zip(_problems(bench), found.draft.field.parts, found.draft.masks, strict=True)
    for problem, part, masks in pairs:
        chosen = part.unpack(part.chosen(masks))
        broken.extend(violations_inside(problem, chosen))
        for name, amount in sums_of(problem, chosen).items():
            sums[name] = sums.get(name, 0.0) + amount
        limits = problem.limits
    return (*broken, *violations_together(limits, sums, {}))


def _shortfalls(found: Solution) -> dict[str, float]:
    draft = found.draft
    names = np.array(draft.field.rows.names, dtype=object)
    pairs = zip(names[draft.short], draft.left[draft.short], strict=True)
    return {str(name): float(-left) for name, left in pairs}


def _passes(found: Solution) -> dict[str, Any]:
    """Passes over everybody, a sample's counted by its share, until the bound was so near."""
    trace = found.dual.trace if found.dual else ()
    least = min((bound for bound, _ in trace), default=0.0)

    def until(near: float) -> float | None:
        return next((effort for bound, effort in trace if bound <= least * (1 + near)), None)

    last = trace[-1][1] if trace else 0.0
    return {"passes": last, "passes_to_1e-4": until(1e-4), "passes_to_1e-5": until(1e-5)}


def _one_pass(whole: Field, found: Solution, threads: int | None) -> dict[str, Any]:
    """One pass at the final prices against reading its bytes once."""
    from graph.arbitration.response import respond

    width = threads or len(os.sched_getaffinity(0))
    seconds = []
    with on_threads(width):
        for _ in range(5):
            began = perf_counter()
            respond(whole, found.draft.prices)
            seconds.append(perf_counter() - began)
    size = sum(
        column.nbytes
        for part in whole.parts
        for column in part.table
        if isinstance(column, np.ndarray)
    )
    speed = bandwidth(width)
    median = float(np.median(seconds))
    return {
        "seconds": median,
        "bytes": size,
        "bytes_per_contact": size / max(1, whole.contacts),
        "gb_per_second": speed / 1e9,
        "times_floor": median / (size / speed),
    }


def bandwidth(threads: int) -> float:
    """Bytes a second that so many threads read from memory, the median of five."""
    arrays = [np.ones(32_000_000) for _ in range(threads)]
    with ThreadPoolExecutor(threads) as pool:
        found = []
        for _ in range(5):
            began = perf_counter()
            list(pool.map(np.sum, arrays))
            found.append(sum(one.nbytes for one in arrays) / (perf_counter() - began))
    return float(np.median(found))


def _greedy(whole: Field, found: Solution, order: str) -> dict[str, Any]:
    """What taking the best first is worth of the same bound, and what it misses."""
    if len(whole.parts) != 1:
        return {"order": order, "skipped": "only where the problem is one partition"}
    began = perf_counter()
    draft = greedy_draft(whole, "value" if order == "value" else "density")
    seconds = perf_counter() - began
    names = np.array(whole.rows.names, dtype=object)
    return {
        "order": order,
        "value": draft.value,
        "below_bound": 1 - draft.value / found.bound,
        "below_ours": 1 - draft.value / found.draft.value,
        "missed": [str(name) for name in names[draft.missed]],
        "seconds": seconds,
    }


def _cold(bench: Bench) -> dict[str, float]:
    """Seconds of a whole process that solves 10,000 contacts: compiling all, then from disk."""
    script = (
        "from graph.arbitration.instances import family\n"
        "from graph.arbitration.solving import solve\n"
        f"solve(family(10_000, {bench.candidates}, 1))\n"
    )
    seconds = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in ("without_cache", "with_cache"):
            began = perf_counter()
            subprocess.run(
                [sys.executable, "-c", script],
                env={**os.environ, "NUMBA_CACHE_DIR": folder},
                check=True,
            )
            seconds[name] = perf_counter() - began
    return seconds


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
