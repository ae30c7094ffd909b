"""Members of a propensity as plain arrays, and back; a forest is checked before it is walked."""

from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt

from domain.errors import IntegrityError
from tools.prediction.forest import Forest
from tools.prediction.linear import Design, Line

Arrays = dict[str, npt.NDArray[Any]]
FOREST = tuple(one.name for one in fields(Forest))


def arrays_of(member: Any) -> tuple[str, Arrays]:
    """The member's kind and its arrays, none of which holds an object."""
    if isinstance(member, Forest):
        return "forest", {name: np.asarray(getattr(member, name)) for name in FOREST}
    return "line", {
        **arrays_of_design(member.design),
        "intercept": np.asarray(member.intercept),
        "coefficients": member.coefficients,
    }


def arrays_of_design(design: Design) -> Arrays:
    return {
        "coded": np.array(design.coded, dtype=np.float64).reshape(-1, 2),
        "numeric": design.numeric.astype(np.int64),
        "mean": design.mean,
        "scale": design.scale,
    }


def member_from(kind: str, arrays: Arrays, columns: int) -> Forest | Line:
    """The member again, of a model that knows so many columns. Raises IntegrityError where it asks
    about others, or a tree leads outside itself: what walks trees trusts their numbers."""
    if kind == "forest":
        forest = Forest(float(arrays["baseline"]), *(arrays[name] for name in FOREST[1:]))
        _expect_walkable(forest, columns)
        return forest
    design = design_from(arrays, columns)
    return Line(design, float(arrays["intercept"]), arrays["coefficients"])


def design_from(arrays: Arrays, columns: int) -> Design:
    """The design again. Raises IntegrityError where it asks about columns beyond so many."""
    coded = tuple((int(column), float(code)) for column, code in arrays["coded"])
    numeric = arrays["numeric"].astype(np.intp)
    asked = np.array([*(column for column, _ in coded), *numeric], dtype=np.int64)
    _expect(bool(((asked >= 0) & (asked < columns)).all()))
    return Design(coded, numeric, arrays["mean"], arrays["scale"])


def _expect_walkable(forest: Forest, columns: int) -> None:
    """Each branch leads further on in the arrays, or a leaf to itself; so every walk ends."""
    own = np.arange(len(forest.left))
    leaf = (forest.left == own) & (forest.right == own)
    onward = (forest.left > own) & (forest.right > own)
    inside = (forest.left < len(own)) & (forest.right < len(own))
    asks = (forest.column >= 0) & (forest.column < max(columns, 1))
    tables = (forest.table >= -1) & (forest.table < len(forest.goes_left))
    roots = (forest.roots >= 0) & (forest.roots < len(own))
    sound = (leaf | onward) & inside & asks & tables
    _expect(bool(sound.all()) and bool(roots.all()) and _alike(forest, len(own)))


def _alike(forest: Forest, nodes: int) -> bool:
    per_node = ("column", "threshold", "value", "right", "missing_left", "table")
    return all(getattr(forest, name).shape == (nodes,) for name in per_node)


def _expect(sound: bool) -> None:
    if not sound:
        raise IntegrityError(
            "A stored model leads outside itself.", "Fit the model again: `clearance run`."
        )
