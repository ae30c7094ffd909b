"""Families of models: what may be appointed to say a chance and an effect, and may challenge.

All but the last two are T-learners: the effect is the difference of two chances, shrunk.
"""

from typing import Final, Literal, get_args

Family = Literal["stack", "line", "trees", "rate", "xlearner", "drlearner"]
FAMILIES: Final[tuple[Family, ...]] = get_args(Family)
DEFAULT: Final[Family] = "stack"
"""Decides wherever nobody appointed another; chosen on training rows (docs/decisions/uplift.md)."""
SAID: Final[dict[Family, str]] = {
    "stack": "a line, small trees and, from 2,000 rows, deep trees, weighed by what they got right",
    "line": "a ridge logistic line alone",
    "trees": "small boosted trees alone",
    "rate": "the share that answered, the same for everybody",
    "xlearner": "the stack's chances, the effect learnt from each arm's rows against the other arm",
    "drlearner": "the stack's chances, the effect learnt from doubly robust pseudo-outcomes",
}
