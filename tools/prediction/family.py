"""Families of propensity models: what may be appointed to say a chance, and what may challenge."""

from typing import Final, Literal, get_args

Family = Literal["stack", "line", "trees", "rate"]
FAMILIES: Final[tuple[Family, ...]] = get_args(Family)
DEFAULT: Final[Family] = "stack"
"""Decides wherever nobody appointed another; chosen on training rows (docs/decisions/uplift.md)."""
SAID: Final[dict[Family, str]] = {
    "stack": "a line, small trees and, from 2,000 rows, deep trees, weighed by what they got right",
    "line": "a ridge logistic line alone",
    "trees": "small boosted trees alone",
    "rate": "the share that answered, the same for everybody",
}
