"""The bench of deciding one contact at a time."""

from time import perf_counter_ns
from typing import Any

import numpy as np

from graph.arbitration.deciding import Decider
from graph.arbitration.instances import family
from graph.arbitration.solving import respond, solve


def bench_deciding(contacts: int, candidates: int, seed: int) -> dict[str, Any]:
    """Microseconds of one decision inside the process, over all contacts in random order.

    Each is compared with what whole tables give at the same prices.
    """
    problem = family(contacts, candidates, seed)
    prices = solve(problem).prices
    decider = Decider(problem, prices)
    everybody = problem.candidates.get_column("contact").unique().to_numpy()
    order = np.random.default_rng(seed).permutation(everybody).tolist()
    decider.decide(order[0])
    took = np.empty(len(order))
    found: list[int] = []
    for n, contact in enumerate(order):
        began = perf_counter_ns()
        decision = decider.decide(contact)
        took[n] = (perf_counter_ns() - began) / 1_000
        found.extend(decision.chosen)
    table = problem.candidates.filter(respond(problem, prices).chosen)
    other = set(found) ^ set(table.get_column("candidate").to_list())
    return {
        "contacts": len(order),
        "candidates": problem.candidates.height,
        "microseconds": {
            "median": float(np.median(took)),
            "p99": float(np.percentile(took, 99)),
            "most": float(took.max()),
        },
        "decided_otherwise_than_whole_tables": len(other),
    }
