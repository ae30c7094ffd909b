"""A version's intervals: read back to the bit, by today's codes, and wide where a file has none."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from domain.errors import IntegrityError
from tests.prediction.test_predicting import AT, OFFER, VISIT
from tests.registry.fits import fit_of, world
from tools.prediction.appointing import Fit, Held
from tools.prediction.predicting import predict
from tools.prediction.registry.artefacts import Artefacts
from tools.prediction.registry.filing import Filed
from tools.prediction.registry.packing import pack, unpack
from tools.prediction.registry.stored_spread import arrays_of_spread, spread_from


def without(filed: Filed) -> Held:
    """As a version of before contacts had intervals of their own."""
    return replace(filed.held, effect=replace(filed.held.effect, spread=None))


def test_a_spread_read_back_says_the_same_to_the_last_bit(fit: Fit, filed: Filed) -> None:
    again, theirs = unpack(pack(filed.held)).effect.spread, filed.held.effect.spread
    matrix, effect = fit.room.chances.matrix, fit.estimates[0].effect

    assert again is not None
    assert theirs is not None
    assert np.array_equal(again.half_width(matrix, effect), theirs.half_width(matrix, effect))


def test_a_held_version_gives_contacts_the_intervals_that_it_gave(
    artefacts: Artefacts, fit: Fit, filed: Filed
) -> None:
    named = replace(filed.held, version_id="mv-1")
    held = artefacts.load("mv-1", artefacts.keep(named))

    again = fit_of(world(), {filed.version.name: held})

    assert np.array_equal(again.estimates[0].low, fit.estimates[0].low)
    assert np.array_equal(again.estimates[0].high, fit.estimates[0].high)


def test_a_held_version_gives_the_same_intervals_where_a_new_text_moves_every_code(
    fit: Fit, filed: Filed
) -> None:
    made, new = world(), pl.col("contact") % 3 == 0
    kinds = pl.when(new).then(pl.lit("a newcomer")).otherwise(pl.col("attr_kind"))
    later = made.observations().with_columns(attr_kind=kinds)
    appointed = {filed.version.name: filed.held}

    again = predict(
        later, made.touches(), made.outcomes(), OFFER, (VISIT,), (), AT, appointed=appointed
    ).fits[0]

    known = later.select(~new).to_series().to_numpy()
    low, before = again.estimates[0].low, fit.estimates[0].low
    assert np.array_equal(low[known], before[known])
    assert not np.array_equal(low[~known], before[~known])


def test_a_file_of_before_has_no_spread_and_rules_nothing_out(filed: Filed) -> None:
    old = unpack(pack(without(filed)))
    assert old.effect == filed.held.effect
    assert old.effect.spread is None

    again = fit_of(world(), {filed.version.name: old})

    assert (again.estimates[0].low == -1.0).all()
    assert (again.estimates[0].high == 1.0).all()
    assert "rules nothing out" in again.cards[0].words


def test_a_spread_that_asks_about_columns_the_model_does_not_know_is_refused(
    filed: Filed,
) -> None:
    assert filed.held.effect.spread is not None
    arrays = arrays_of_spread(filed.held.effect.spread)

    with pytest.raises(IntegrityError, match="leads outside itself"):
        spread_from(arrays, 1)
