"""One fit for all tests that only read it, and a tiny workspace."""

from pathlib import Path

import pytest

from tests.registry.fits import fit_of, world
from tests.relay.conftest import house, planted, tower
from tools.prediction.appointing import Fit
from tools.prediction.registry.artefacts import Artefacts
from tools.prediction.registry.filing import Filed, champions

__all__ = ["house", "planted", "tower"]


@pytest.fixture(scope="session")
def fit() -> Fit:
    return fit_of(world())


@pytest.fixture(scope="session")
def filed(fit: Fit) -> Filed:
    (one,) = champions(fit)
    return one


@pytest.fixture
def artefacts(tmp_path: Path) -> Artefacts:
    return Artefacts(tmp_path / "models", tmp_path / "models.key")
