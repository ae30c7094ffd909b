"""Files of models: read back to the bit, and never opened unless this workspace sealed them."""

import io
import json
import pickle
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import IntegrityError, StorageError
from tests.registry.fits import fit_of, world
from tools.prediction.appointing import Fit, Held
from tools.prediction.features import learn_encoding
from tools.prediction.forest import Forest
from tools.prediction.recoding import recoded
from tools.prediction.registry import artefacts as module
from tools.prediction.registry.artefacts import KIND, Artefacts
from tools.prediction.registry.filing import Filed
from tools.prediction.registry.packing import pack, unpack
from tools.prediction.registry.stored_forests import arrays_of, member_from

SEALED = len(KIND) + module.SEAL + 1


class Payload:
    """What unpickling would run: it makes a file."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (self.target,))  # type: ignore[return-value]


def bomb(target: Path) -> bytes:
    """Arrays as we keep them, one of which is pickled."""
    out = io.BytesIO()
    np.savez(out, said=np.array([Payload(target)], dtype=object), allow_pickle=True)
    return out.getvalue()


def named(filed: Filed) -> Held:
    return replace(filed.held, version_id="mv-1")


def test_a_model_read_back_says_the_same_to_the_last_bit(fit: Fit, filed: Filed) -> None:
    again = unpack(pack(filed.held))
    matrix = again.encoding.of(fit.observations).matrix
    assert np.array_equal(matrix, fit.room.chances.matrix, equal_nan=True)
    assert again.models.keys() == filed.held.models.keys()
    for name, mine in again.models.items():
        theirs = filed.held.models[name]
        assert len(mine.folds) == 5
        assert np.array_equal(
            mine.chance(matrix, fit.room.chances.folds),
            theirs.chance(matrix, fit.room.chances.folds),
        )
    assert again.effect == filed.held.effect


def test_the_same_fit_gives_the_same_file_whose_hash_the_ledger_keeps(
    artefacts: Artefacts, filed: Filed
) -> None:
    first = artefacts.keep(named(filed))
    assert artefacts.keep(named(filed)) == first
    assert artefacts.load("mv-1", first).model == filed.version.model


def test_a_pickle_from_elsewhere_is_refused_and_never_runs(
    artefacts: Artefacts, filed: Filed, tmp_path: Path
) -> None:
    hash_ = artefacts.keep(named(filed))
    target = tmp_path / "payload-ran"
    for body in (pickle.dumps(Payload(target)), bomb(target)):
        for whole in (body, KIND + b"0" * module.SEAL + b"\n" + body):
            artefacts.file("mv-1").write_bytes(whole)
            with pytest.raises(IntegrityError, match="seal of this workspace's key") as told:
                artefacts.load("mv-1", hash_)
            assert "clearance models list" in told.value.hint
    assert not target.exists()


def test_a_file_of_an_earlier_kind_is_not_read_and_the_sentence_says_what_to_do(
    artefacts: Artefacts, filed: Filed
) -> None:
    """Its texts would be taken for marks, so that every one of them counted as unknown."""
    hash_ = artefacts.keep(named(filed))
    whole = artefacts.file("mv-1").read_bytes()
    artefacts.file("mv-1").write_bytes(module.EARLIER[0] + whole[len(KIND) :])

    with pytest.raises(StorageError, match="earlier kind") as told:
        artefacts.load("mv-1", hash_)

    assert "fitted again" in told.value.hint
    assert "promote a challenger" in told.value.hint


def test_no_pickle_is_read_even_where_our_own_key_sealed_it(
    artefacts: Artefacts, filed: Filed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "payload-ran"
    monkeypatch.setattr(module, "pack", lambda _: bomb(target))
    hash_ = artefacts.keep(named(filed))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        artefacts.load("mv-1", hash_)
    assert not target.exists()


@given(st.data())
def test_a_file_with_any_bit_flipped_is_refused(filed: Filed, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        mine = Artefacts(Path(folder), Path(folder) / "models.key")
        hash_ = mine.keep(replace(named(filed), models={}))
        whole = bytearray(mine.file("mv-1").read_bytes())
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place] ^= 1 << data.draw(st.integers(0, 7))
        mine.file("mv-1").write_bytes(bytes(whole))
        with pytest.raises(IntegrityError, match="not opened"):
            mine.load("mv-1", hash_)


def test_a_file_that_another_workspace_sealed_is_refused(
    artefacts: Artefacts, filed: Filed, tmp_path: Path
) -> None:
    other = Artefacts(tmp_path / "other", tmp_path / "other.key")
    hash_ = other.keep(named(filed))
    artefacts.keep(named(filed))
    artefacts.file("mv-1").write_bytes(other.file("mv-1").read_bytes())
    with pytest.raises(IntegrityError, match="seal of this workspace's key"):
        artefacts.load("mv-1", hash_)


def test_a_sealed_file_in_another_versions_place_is_refused(
    artefacts: Artefacts, filed: Filed
) -> None:
    hash_ = artefacts.keep(named(filed))
    artefacts.file("mv-1").rename(artefacts.file("mv-2"))
    with pytest.raises(IntegrityError, match="seal of this workspace's key"):
        artefacts.load("mv-2", hash_)


def test_a_sealed_file_that_the_ledger_does_not_know_is_refused(
    artefacts: Artefacts, filed: Filed
) -> None:
    artefacts.keep(named(filed))
    with pytest.raises(IntegrityError, match="not the one that the ledger knows"):
        artefacts.load("mv-1", "0" * 64)


def test_a_file_that_is_gone_says_so_and_what_to_do(artefacts: Artefacts) -> None:
    with pytest.raises(StorageError, match="not kept any more"):
        artefacts.load("mv-1", "0" * 64)


def test_the_key_is_for_its_owners_eyes_only(artefacts: Artefacts, filed: Filed) -> None:
    artefacts.keep(named(filed))
    assert artefacts.key_file.stat().st_mode & 0o777 == 0o600


def test_nothing_of_a_model_is_pickled(filed: Filed) -> None:
    with zipfile.ZipFile(io.BytesIO(pack(filed.held))) as file:
        for name in file.namelist():
            head = np.load(io.BytesIO(file.read(name)), allow_pickle=False)
            assert not head.dtype.hasobject


@pytest.mark.parametrize(
    ("field", "wrong"), [("left", 10_000), ("right", 10_000), ("left", 0), ("column", 99)]
)
def test_a_tree_that_leads_outside_itself_or_in_a_circle_is_refused(
    filed: Filed, field: str, wrong: int
) -> None:
    model = filed.held.models["after offer on email"]
    forest = next(one for one in model.folds[0] if isinstance(one, Forest))
    kind, arrays = arrays_of(forest)
    inner = np.flatnonzero(forest.left > np.arange(len(forest.left)))[0]
    changed = arrays[field].copy()
    changed[inner] = wrong
    assert member_from(kind, arrays, 2) is not None
    with pytest.raises(IntegrityError, match="leads outside itself"):
        member_from(kind, {**arrays, field: changed}, 2)


def test_a_file_holds_no_word_of_a_contact(artefacts: Artefacts, filed: Filed) -> None:
    texts = [text for one in filed.held.encoding.codings for text in one.texts or ()]
    artefacts.keep(named(filed))
    body = artefacts.file("mv-1").read_bytes()
    assert texts
    assert not [one for one in texts if json.dumps(one).encode() in body]


def test_a_held_version_says_of_the_same_contacts_what_it_said(
    artefacts: Artefacts, fit: Fit, filed: Filed
) -> None:
    held = artefacts.load("mv-1", artefacts.keep(named(filed)))
    again = fit_of(world(), {filed.version.name: held})
    assert again.families == (None,)
    assert np.array_equal(again.estimates[0].effect, fit.estimates[0].effect)
    assert np.array_equal(again.estimates[0].base, fit.estimates[0].base)
    assert again.cards[0].model == fit.cards[0].model
    assert again.cards[0].words.startswith("Held as it was fitted")


def test_what_later_touches_teach_changes_nothing_of_a_held_version(filed: Filed) -> None:
    poisoned = world()
    poisoned.answered = ~poisoned.answered
    held = fit_of(poisoned, {filed.version.name: filed.held})
    afresh = fit_of(poisoned)
    assert held.estimates[0].learnt.uplift == filed.held.effect.uplift
    assert afresh.estimates[0].learnt.uplift != filed.held.effect.uplift


def test_a_held_version_reads_codes_by_their_text_and_not_by_their_number(filed: Filed) -> None:
    """Another text that comes before the others moves every code."""
    later = (
        world()
        .observations()
        .with_columns(
            attr_kind=pl.when(pl.col("contact") % 3 == 0)
            .then(pl.lit("a newcomer"))
            .otherwise(pl.col("attr_kind"))
        )
    )
    then, now = filed.held.encoding, learn_encoding(later)
    model = filed.held.models["after offer on email"]
    folds = np.full(later.height, -1, dtype=np.int8)
    told = recoded(model, then, now).chance(now.of(later).matrix, folds)
    assert np.array_equal(told, model.chance(then.of(later).matrix, folds))
