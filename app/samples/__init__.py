"""Sample workspaces: one made up, two of real data; each is import files and three TOML files."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path

from domain.errors import UsageError

SAMPLES = ("company", "store", "bank")


@dataclass(frozen=True)
class SampleFiles:
    """What a sample is made of. `imports`: (kind, file) in order; `sandbox`: files that the
    sandbox provider needs, by the name they get there."""

    config_text: str
    policy_text: str
    cases_text: str
    """Cases that the policy is tried on."""
    starts_at: datetime
    imports: tuple[tuple[str, Path], ...]
    sandbox: tuple[tuple[str, Path], ...]


def build(sample: str, folder: Path) -> SampleFiles:
    """Write the sample's files into the folder. The same files every time, byte for byte."""
    if sample not in SAMPLES:
        raise UsageError(f"There is no sample {sample!r}.", f"Samples: {', '.join(SAMPLES)}.")
    make: Callable[[Path], SampleFiles] = import_module(f"app.samples.{sample}").build
    return make(folder)
