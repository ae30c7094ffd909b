"""What a version is made of, as bytes and back: JSON for what is small, arrays for the rest.

No pickle anywhere: numpy reads the arrays with `allow_pickle=False`, trees are arrays of numbers.
"""

import io
import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from domain.objective import Prior
from tools.prediction.appointing import Held
from tools.prediction.estimating import Effect
from tools.prediction.features import Coding, Encoding
from tools.prediction.propensity import Propensity
from tools.prediction.registry.stored_forests import Arrays, arrays_of, member_from
from tools.prediction.registry.stored_spread import arrays_of_spread, spread_from
from tools.prediction.uplift import Uplift

SAID = "said"
"""Name of the array that holds the JSON."""
SPREAD = "spread."
"""What the names of the arrays of an effect's spread begin with."""


@dataclass(frozen=True)
class _Writing:
    """Arrays as they gather; each member's name is its place."""

    arrays: Arrays

    def propensity(self, model: Propensity, where: str) -> dict[str, Any]:
        return {
            "rate": model.rate,
            "intercept": model.intercept,
            "weights": model.weights.tolist(),
            "folds": [
                [self._member(one, f"{where}.{i}.{j}") for j, one in enumerate(members)]
                for i, members in enumerate(model.folds)
            ],
        }

    def _member(self, member: Any, where: str) -> str:
        kind, arrays = arrays_of(member)
        self.arrays.update({f"{where}.{name}": one for name, one in arrays.items()})
        return kind


def pack(held: Held) -> bytes:
    """The same version gives the same bytes."""
    writing = _Writing({})
    names = sorted(held.models)
    said = {
        "version_id": held.version_id,
        "model": held.model,
        "effect": _effect(held.effect),
        "codings": [asdict(one) for one in held.encoding.codings],
        "left_out": held.encoding.left_out,
        "models": {
            name: writing.propensity(held.models[name], str(place))
            for place, name in enumerate(names)
        },
    }
    if held.effect.spread is not None:
        arrays = arrays_of_spread(held.effect.spread)
        writing.arrays.update({f"{SPREAD}{name}": one for name, one in arrays.items()})
    writing.arrays[SAID] = np.frombuffer(json.dumps(said).encode(), dtype=np.uint8)
    out = io.BytesIO()
    np.savez(out, **writing.arrays)  # type: ignore[arg-type]
    return out.getvalue()


def unpack(body: bytes) -> Held:
    """What `pack` wrote. Only bytes whose seal was checked belong here."""
    with np.load(io.BytesIO(body), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    said = json.loads(arrays[SAID].tobytes())
    codings = tuple(_coding(one) for one in said["codings"])
    return Held(
        said["version_id"],
        said["model"],
        _effect_from(said["effect"], _under(SPREAD, arrays), len(codings)),
        {
            name: _propensity(one, str(place), arrays, len(codings))
            for place, (name, one) in enumerate(said["models"].items())
        },
        Encoding(codings, tuple(said["left_out"])),
    )


def _effect(effect: Effect) -> dict[str, Any]:
    said = {key: getattr(effect, key) for key in Effect.__dataclass_fields__ if key != "spread"}
    return {
        **said,
        "uplift": None if effect.uplift is None else asdict(effect.uplift),
        "prior": None if effect.prior is None else effect.prior.model_dump(),
    }


def _effect_from(said: dict[str, Any], spread: Arrays, columns: int) -> Effect:
    """Without a spread where a file of before it was measured has none: the effect then says of
    no contact how far its own may lie."""
    return Effect(
        **{
            **said,
            "uplift": None if said["uplift"] is None else Uplift(**said["uplift"]),
            "prior": None if said["prior"] is None else Prior.model_validate(said["prior"]),
            "thin": None if said["thin"] is None else tuple(said["thin"]),
            "spread": spread_from(spread, columns) if spread else None,
        }
    )


def _coding(said: dict[str, Any]) -> Coding:
    texts = None if said["texts"] is None else tuple(said["texts"])
    return Coding(said["name"], texts, float(said["missing"]))


def _propensity(said: dict[str, Any], where: str, arrays: Arrays, columns: int) -> Propensity:
    folds = tuple(
        tuple(
            member_from(kind, _under(f"{where}.{i}.{j}.", arrays), columns)
            for j, kind in enumerate(members)
        )
        for i, members in enumerate(said["folds"])
    )
    weights = np.array(said["weights"], dtype=np.float64)
    return Propensity(folds, said["rate"], said["intercept"], weights)


def _under(where: str, arrays: Arrays) -> Arrays:
    return {name.removeprefix(where): one for name, one in arrays.items() if name.startswith(where)}
