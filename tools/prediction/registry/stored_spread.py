"""The spread of an effect as plain arrays, and back."""

from tools.prediction.registry.stored_forests import Arrays, arrays_of_design, design_from
from tools.prediction.spread import Basis, Spread


def arrays_of_spread(spread: Spread) -> Arrays:
    """Its arrays, none of which holds an object."""
    basis = spread.basis
    return {
        **{f"design.{name}": one for name, one in arrays_of_design(basis.design).items()},
        "centre": basis.centre,
        "scale": basis.scale,
        "ways": basis.ways,
        "begins": basis.begins,
        "mean": spread.mean,
        "covariance": spread.covariance,
    }


def spread_from(arrays: Arrays, columns: int) -> Spread:
    """The spread again, of a model that knows so many columns. Raises IntegrityError where its
    design asks about others."""
    design = {
        name.removeprefix("design."): one
        for name, one in arrays.items()
        if name.startswith("design.")
    }
    basis = Basis(
        design_from(design, columns),
        *(arrays[name] for name in ("centre", "scale", "ways", "begins")),
    )
    return Spread(basis, arrays["mean"], arrays["covariance"])
