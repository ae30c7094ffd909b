"""Erased people who came back: known again by keyed hashes alone, and suppressed as before."""

from functools import lru_cache
from pathlib import Path

from domain.errors import WorkspaceError
from graph.tower import Tower
from tools.erasure.identity import known_again
from tools.erasure.list import listed, listed_hashes
from tools.ledger import erasures
from tools.parquet import read_table
from tools.seals import key_in
from tools.workspace import Workspace


def erased_again(tower: Tower) -> frozenset[str]:
    """Contacts of the warehouse who were erased once: by another import, or since a backup was put
    back. Raises WorkspaceError where nobody can tell, because the key is gone."""
    hashes = erased_hashes(tower)
    file = tower.warehouse.folder / "contacts.parquet"
    if not hashes or not file.exists():
        return frozenset()
    told = file.stat()
    return _among(file, (told.st_mtime_ns, told.st_size, told.st_ino), hashes, key_of(tower))


def erased_hashes(tower: Tower) -> frozenset[str]:
    """Every keyed hash on the list: the ledger's, and the file's beside it, since either may be
    older than the other."""
    file = tower.workspace.erasures_file
    return erasures.hashes(tower.ledger) | listed_hashes(listed(file))


def key_of(tower: Tower) -> bytes:
    """The key of the hashes. Raises WorkspaceError where people were erased and their key is gone:
    then nobody could say whom not to reach."""
    workspace: Workspace = tower.workspace
    if not workspace.erasure_key_file.exists() and erased_hashes(tower):
        raise WorkspaceError(
            f"{workspace.erasure_key_file.name} is gone, and people were erased by it.",
            "Put it back from its backup: without it an erased person could be reached again.",
        )
    return key_in(workspace.erasure_key_file)


@lru_cache(maxsize=4)
def _among(
    file: Path, _: tuple[int, int, int], hashes: frozenset[str], key: bytes
) -> frozenset[str]:
    """Looked for once for each version of the file: the door asks at every judging."""
    people = read_table(file, ["contact_id", "email", "phone"])
    return known_again(key, people, hashes)
