"""Every error of the house, as one tree: what was expected, what was found, what to do.

    ClearanceError
    ├── UsageError             the call itself is off (exit code 2)
    ├── WorkspaceError         the folder is not a workspace, or not one of this version
    ├── ConfigurationError     clearance.toml or the policy does not say what it must
    ├── DataError              a file can't be read as what it claims to be
    │   └── UnpricedError      neither the data nor anybody prices an objective's outcomes
    ├── StorageError           ledger, warehouse or run folder unreachable or damaged
    │   └── UncertainCommitError  not known whether a change was kept: look before repeating it
    ├── ProviderError          a provider can't be reached, or answers nonsense
    ├── FencedError            this process lost its lease; another does its work now
    ├── BusyError              another process does this very work now; nothing was done
    ├── RefusedError           a person asked for what is not theirs to do, or too late
    └── IntegrityError         the record contradicts itself: stop and look

A business "no" about a contact is a value (a reason code), never one of these.
"""

from typing import Literal


class ClearanceError(Exception):
    """Root of all. `message` says expected and found in one sentence; `hint` what to do."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UsageError(ClearanceError):
    exit_code = 2


class WorkspaceError(ClearanceError):
    pass


class ConfigurationError(ClearanceError):
    pass


class DataError(ClearanceError):
    pass


class UnpricedError(DataError):
    pass


StorageTrouble = Literal[
    "locked", "full", "read_only", "unreachable", "damaged", "uncertain", "missing"
]


class StorageError(ClearanceError):
    """`kind` says what is the matter. All but `missing` (something was never written) stop the
    house until a write succeeds again."""

    def __init__(self, message: str, hint: str = "", kind: StorageTrouble = "missing") -> None:
        super().__init__(message, hint)
        self.kind: StorageTrouble = kind


class UncertainCommitError(StorageError):
    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint, "uncertain")


class ProviderError(ClearanceError):
    pass


class FencedError(ClearanceError):
    pass


class BusyError(ClearanceError):
    pass


class RefusedError(ClearanceError):
    pass


class IntegrityError(ClearanceError):
    pass
