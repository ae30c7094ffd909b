"""A workspace: one folder with its configuration, ledger, warehouse, runs and checkpoints."""

from dataclasses import dataclass
from pathlib import Path

from domain.errors import WorkspaceError
from domain.toml import read_record
from tools.workspace_config import WorkspaceConfig

CONFIG_FILE = "clearance.toml"
FEATURES_FILE = "features.toml"
POLICY_FILE = "policy.toml"


@dataclass(frozen=True)
class Workspace:
    """Where things lie. Building it touches no file."""

    folder: Path

    @property
    def config_file(self) -> Path:
        return self.folder / CONFIG_FILE

    @property
    def policy_file(self) -> Path:
        return self.folder / POLICY_FILE

    @property
    def features_file(self) -> Path:
        """Features that this business declares; it need not be there."""
        return self.folder / FEATURES_FILE

    @property
    def features_folder(self) -> Path:
        """Features kept between two refreshes; may go at any time, and is calculated anew then."""
        return self.folder / "features"

    @property
    def ledger_file(self) -> Path:
        return self.folder / "ledger.sqlite"

    @property
    def checkpoint_file(self) -> Path:
        """Checkpoints lie in a file of their own: they make a run resumable, decide nothing."""
        return self.folder / "checkpoints.sqlite"

    @property
    def checkpoint_key_file(self) -> Path:
        """The key of the checkpoints' seals; for its owner's eyes only."""
        return self.folder / "checkpoints.key"

    @property
    def erasure_key_file(self) -> Path:
        """The key of the hashes by which erased people are known again; kept with every backup."""
        return self.folder / "erasure.key"

    @property
    def erasures_file(self) -> Path:
        """Those hashes once more, beside the ledger: a ledger that is put back may be older."""
        return self.folder / "erasures.jsonl"

    @property
    def permit_key_file(self) -> Path:
        """The secret key that signs permits; for its owner's eyes only."""
        return self.folder / "permits.key"

    @property
    def permit_keys_file(self) -> Path:
        """The public keys that permits are checked with; for anybody."""
        return self.folder / "permits.pub"

    @property
    def unsubscribe_key_file(self) -> Path:
        """The key of unsubscribe links; kept with every backup, or links that were sent die."""
        return self.folder / "unsubscribe.key"

    @property
    def models_folder(self) -> Path:
        """Files of fitted models, each sealed with `model_key_file`."""
        return self.folder / "models"

    @property
    def model_key_file(self) -> Path:
        """The key of their seals; for its owner's eyes only, and kept with every backup."""
        return self.folder / "models.key"

    @property
    def warehouse_folder(self) -> Path:
        return self.folder / "warehouse"

    @property
    def quarantine_folder(self) -> Path:
        return self.folder / "quarantine"

    @property
    def runs_folder(self) -> Path:
        return self.folder / "runs"

    @property
    def sandbox_folder(self) -> Path:
        return self.folder / "sandbox"

    def config(self) -> WorkspaceConfig:
        """The configuration. Raises WorkspaceError where there is none, ConfigurationError
        where it does not say what it must."""
        try:
            text = self.config_file.read_text()
        except FileNotFoundError:
            raise WorkspaceError(
                f"{self.folder} is no workspace: it holds no {CONFIG_FILE}.",
                "Make one with `clearance init DIR --sample company`, or name one with "
                "`--workspace DIR`.",
            ) from None
        return read_record(WorkspaceConfig, text, str(self.config_file))
