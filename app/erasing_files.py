"""Every file of a workspace, and every export that was ever written, without one person."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from graph.erased_threads import is_checkpoints
from tools.erasure.files import drop_lines, is_sqlite, veil_file
from tools.erasure.frames import veil_run_table
from tools.erasure.veil import Veil
from tools.ledger import veiling
from tools.ledger.exporting import exported

if TYPE_CHECKING:
    from graph.tower import Tower

PART: Final = ".part"
"""How a file ends while it is written; one whose writer is gone is left over."""


@dataclass
class Swept:
    looked_at: list[Path] = field(default_factory=list)
    files: int = 0
    unreachable: list[str] = field(default_factory=list)


def sweep(tower: "Tower", veil: Veil, by: str) -> Swept:
    """Take the person out of runs, quarantine, sandbox, exports, logs and whatever else lies in the
    workspace. The ledger, the warehouse and the checkpoints have ways of their own."""
    swept = Swept()
    _drop_left_over(tower.workspace.folder)
    swept.files += _runs(tower, veil, by)
    for file in _files(tower.workspace.folder):
        if file not in by_hand(tower):
            swept.looked_at.append(file)
        if not _has_its_own_way(file, tower):
            swept.files += _one(file, tower, veil)
    for named in exported(tower.ledger):
        file = Path(named)
        if not file.exists():
            swept.unreachable.append(named)
        elif file not in swept.looked_at:
            swept.looked_at.append(file)
            swept.files += veil_file(file, veil)
    return swept


def _files(folder: Path) -> list[Path]:
    return sorted(one for one in folder.rglob("*") if one.is_file() and not one.is_symlink())


def _has_its_own_way(file: Path, tower: "Tower") -> bool:
    """What is gone through elsewhere, or written by hand."""
    workspace = tower.workspace
    ledger = tower.ledger.file
    if ledger is not None and file.name.startswith(ledger.name) and file.parent == ledger.parent:
        return True
    if file == workspace.checkpoint_file or file.name.endswith(("-wal", "-shm")):
        return True
    return file in by_hand(tower) or tower.warehouse.folder in file.parents


def by_hand(tower: "Tower") -> tuple[Path, ...]:
    """What people write, and tells of no contact."""
    workspace = tower.workspace
    return (workspace.config_file, workspace.policy_file, workspace.features_file)


def _one(file: Path, tower: "Tower", veil: Veil) -> bool:
    if tower.workspace.quarantine_folder in file.parents:
        return drop_lines(file, veil)
    if is_checkpoints(file, tower) and not is_sqlite(file):
        return _drop_damaged(file, veil)
    return veil_file(file, veil)


def _drop_damaged(file: Path, veil: Veil) -> bool:
    """A checkpoint file that was put aside and can't be read any more: it goes, if it tells."""
    tells = veil.is_in(file.read_bytes())
    if tells:
        file.unlink()
    return tells


def _runs(tower: "Tower", veil: Veil, by: str) -> int:
    """Tables of runs, with the hashes that prove them: the ledger first, then the files. Broken off
    between the two, the same bytes are written again."""
    found = {}
    for file in sorted(tower.workspace.runs_folder.glob("*/*.parquet")):
        changed = veil_run_table(file, veil)
        if changed is not None:
            found[file] = changed
    hashes = {
        (file.parent.name, file.stem): (before, after) for file, (_, before, after) in found.items()
    }
    with tower.ledger.write() as session:
        veiling.rewritten(session, hashes, veil.token, by, tower.clock.now())
    for file, (part, _, _) in found.items():
        part.replace(file)
    return len(found)


def _drop_left_over(folder: Path) -> None:
    """Files that a process which is no more was writing."""
    for file in folder.rglob(f"*{PART}"):
        writer = file.suffixes[-2].strip(".") if len(file.suffixes) > 1 else ""
        if writer.isdigit() and not _lives(int(writer)):
            file.unlink(missing_ok=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
