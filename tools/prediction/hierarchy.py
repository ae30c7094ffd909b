"""Chances of an answer by group, shrunk: leaves to their branch, branches to one root.

A logistic regression whose coefficients differ by leaf. With x the m terms of a row of leaf k in
branch t,

    logit P(answer) = x . leaf_k,   leaf_k ~ N(branch_t, within),   branch_t ~ N(root, between),

`within` and `between` diagonal. The posterior is Gaussian at its mode (Laplace), found by Newton
steps; on a tree each step is exact, from the leaves to the root and back (Gelman and Hill, "Data
Analysis Using Regression and Multilevel/Hierarchical Models", 2007, ch. 12-14). The variances are
estimated with it (expectation-maximisation, Dempster, Laird and Rubin 1977) under a scaled
inverse chi-square belief, so that few leaves never make one certain that all are alike.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from tools.prediction.propensity import Floats

Numbers = npt.NDArray[np.intp]

STEPS: Final = 200
SETTLED: Final = 1e-5
"""Change of a coefficient, and relative change of a variance, below which the fit has settled."""
BOLDEST: Final = 2.0
"""Most by which one step may move a row's log odds: further, Newton's steps can run away."""
BELIEVED: Final = 4.0
"""Leaves (or branches) that the belief in the variances counts for."""


@dataclass(frozen=True)
class Beliefs:
    """What stands before anything is seen, per term: mean and variance of the root, variances of
    branches about it and of leaves about their branch."""

    mean: Floats
    variance: Floats
    between: Floats
    within: Floats


@dataclass(frozen=True)
class Counts:
    """Rows seen: `terms` (rows x m), `leaf` of each, `trials` and `answered` (counts)."""

    terms: Floats
    leaf: Numbers
    trials: Floats
    answered: Floats


@dataclass(frozen=True)
class Hierarchy:
    """Means (leaves x m), covariances (leaves x m x m), and what draws need of the levels above."""

    mean: Floats
    covariance: Floats
    within: Floats
    between: Floats
    branch_of: Numbers
    root: Floats
    root_covariance: Floats
    branch_free: Floats
    """Covariance of each branch where the root is known; `branch_own`: its own part of the mean."""
    branch_own: Floats
    leaf_free: Floats
    leaf_own: Floats

    def draws(self, count: int, seed: int) -> Floats:
        """Joint draws of all leaves' coefficients: count x leaves x m."""
        random = np.random.default_rng(seed)
        m = len(self.root)
        root = self.root + random.standard_normal((count, m)) @ _half(self.root_covariance).T
        branch = _given(self.branch_own, self.branch_free, self.between, root[:, None, :], random)
        return _given(
            self.leaf_own, self.leaf_free, self.within, branch[:, self.branch_of, :], random
        )


def fit_hierarchy(counts: Counts, branch_of: Numbers, beliefs: Beliefs) -> Hierarchy:
    """The posterior of all leaves, those never seen included: they have their branch's."""
    m = len(beliefs.mean)
    by_leaf = _by_leaf(counts, len(branch_of))
    reach = np.abs(counts.terms).max(axis=0) if len(counts.terms) else np.ones(m)
    at = np.tile(beliefs.mean, (len(branch_of), 1))
    within, between = beliefs.within.copy(), beliefs.between.copy()
    for _ in range(STEPS):
        found = _solve(*_seen(by_leaf, at), branch_of, beliefs, within, between)
        step = found.mean - at
        far = np.abs(step) @ reach
        at = at + step * np.minimum(1.0, BOLDEST / np.maximum(far, 1e-12))[:, None]
        wider = _variances(found, by_leaf, beliefs)
        moved = max(_moved(within, wider[0]), _moved(between, wider[1]))
        within, between = wider
        if float(np.abs(step).max(initial=0.0)) < SETTLED and moved < SETTLED:
            break
    return _solve(*_seen(by_leaf, at), branch_of, beliefs, within, between)


def _by_leaf(counts: Counts, leaves: int) -> list[Counts]:
    order = np.argsort(counts.leaf, kind="stable")
    ends = np.searchsorted(counts.leaf[order], np.arange(leaves + 1))
    parts = [order[a:b] for a, b in pairwise(ends)]
    return [
        Counts(counts.terms[p], counts.leaf[p], counts.trials[p], counts.answered[p]) for p in parts
    ]


def _seen(by_leaf: list[Counts], at: Floats) -> tuple[Floats, Floats]:
    """Each leaf's log likelihood about `at`, as a Gaussian: precision and information."""
    m = at.shape[1]
    precision, information = np.zeros((len(by_leaf), m, m)), np.zeros((len(by_leaf), m))
    for k, rows in enumerate(by_leaf):
        if len(rows.trials):
            chance = logistic(rows.terms @ at[k])
            weight = rows.trials * chance * (1.0 - chance)
            precision[k] = rows.terms.T @ (rows.terms * weight[:, None])
            slope = rows.terms.T @ (rows.answered - rows.trials * chance)
            information[k] = precision[k] @ at[k] + slope
    return precision, information


def _solve(
    precision: Floats,
    information: Floats,
    branch_of: Numbers,
    beliefs: Beliefs,
    within: Floats,
    between: Floats,
) -> Hierarchy:
    branches = int(branch_of.max(initial=-1)) + 1
    m = len(within)
    leaf_free = _inverse(precision + np.diag(1.0 / within))
    leaf_own = np.einsum("kij,kj->ki", leaf_free, information)
    told, said = np.zeros((branches, m, m)), np.zeros((branches, m))
    np.add.at(told, branch_of, _message(leaf_free, within))
    np.add.at(said, branch_of, leaf_own / within)
    branch_free = _inverse(told + np.diag(1.0 / between))
    branch_own = np.einsum("tij,tj->ti", branch_free, said)
    root_covariance = _inverse(
        _message(branch_free, between).sum(axis=0) + np.diag(1.0 / beliefs.variance)
    )
    root = root_covariance @ ((branch_own / between).sum(axis=0) + beliefs.mean / beliefs.variance)
    branch, branch_covariance = _down(branch_own, branch_free, between, root, root_covariance)
    mean, covariance = _down(
        leaf_own, leaf_free, within, branch[branch_of], branch_covariance[branch_of]
    )
    return Hierarchy(
        mean,
        covariance,
        within,
        between,
        branch_of,
        root,
        root_covariance,
        branch_free,
        branch_own,
        leaf_free,
        leaf_own,
    )


def _message(free: Floats, variance: Floats) -> Floats:
    """Precision that a node hands up: what it has seen, less what its own freedom takes away."""
    return np.asarray(np.diag(1.0 / variance) - free / np.outer(variance, variance))


def _down(
    own: Floats, free: Floats, variance: Floats, above: Floats, above_covariance: Floats
) -> tuple[Floats, Floats]:
    """Means and covariances of nodes from those above them (nodes x m, or m for one above all)."""
    share = free / variance
    mean = own + np.einsum("kij,kj->ki", share, np.broadcast_to(above, own.shape))
    return mean, free + share @ above_covariance @ share.swapaxes(1, 2)


def _given(
    own: Floats, free: Floats, variance: Floats, above: Floats, random: np.random.Generator
) -> Floats:
    """Draws of nodes given draws of what is above them (count x nodes, or 1, x m)."""
    count, (nodes, m) = len(above), own.shape
    mean = own + np.einsum(
        "kij,ckj->cki", free / variance, np.broadcast_to(above, (count, nodes, m))
    )
    noise = random.standard_normal((count, nodes, m))
    return np.asarray(mean + np.einsum("kij,ckj->cki", _half(free), noise))


def _inverse(precision: Floats) -> Floats:
    return np.asarray(np.linalg.inv(precision), dtype=np.float64)


def _half(covariance: Floats) -> Floats:
    return np.asarray(np.linalg.cholesky(covariance))


def _variances(found: Hierarchy, by_leaf: list[Counts], beliefs: Beliefs) -> tuple[Floats, Floats]:
    """Expected squares of leaves about branches and of branches about the root, with the belief:
    of leaves and branches of which something was seen."""
    seen = np.array([len(rows.trials) > 0 for rows in by_leaf], dtype=np.bool_)
    branch, branch_covariance = _down(
        found.branch_own, found.branch_free, found.between, found.root, found.root_covariance
    )
    leaves = _apart(
        found.mean,
        branch[found.branch_of],
        found.leaf_free,
        branch_covariance[found.branch_of],
        found.within,
    )[seen]
    above = np.broadcast_to(found.root_covariance, branch_covariance.shape)
    branches = _apart(branch, found.root, found.branch_free, above, found.between)
    branches = branches[np.unique(found.branch_of[seen])]
    return _shrunk(leaves, beliefs.within), _shrunk(branches, beliefs.between)


def _apart(
    mean: Floats, above: Floats, free: Floats, above_covariance: Floats, variance: Floats
) -> Floats:
    """E[(node - above)^2] per term."""
    gap = free / variance - np.eye(free.shape[1])
    spread = free + gap @ above_covariance @ gap.swapaxes(1, 2)
    return np.square(mean - above) + np.diagonal(spread, axis1=1, axis2=2)


def _shrunk(squares: Floats, believed: Floats) -> Floats:
    return np.asarray(
        (BELIEVED * believed + squares.sum(axis=0)) / (BELIEVED + len(squares)), dtype=np.float64
    )


def _moved(old: Floats, new: Floats) -> float:
    return float(np.abs(new / old - 1.0).max())


def logistic(log_odds: Floats) -> Floats:
    """1 / (1 + exp(-x)), without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * log_odds)), dtype=np.float64)
