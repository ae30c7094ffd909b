"""Files of fitted models: sealed with the workspace's own key, and read only where the seal holds.

A file is a line that says what it is, a line with its seal, and the body (`packing`). One whose
seal does not fit was made elsewhere, altered, or put in another's place: its body is not read.

A file outlives the contacts it was fitted on, so it holds none of their words: a text is kept as
its mark by the workspace's key, which tells whether a text of today is the same one.
"""

import hashlib
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from domain.errors import IntegrityError, StorageError
from tools.prediction.appointing import Held
from tools.prediction.features import Mark
from tools.prediction.registry.packing import pack, unpack
from tools.seals import key_in, same, seal

KIND: Final = b"clearance model 2\n"
"""What a file is. Those of kind 1 may hold texts where marks are now, which would all be taken for
unknown ones."""
EARLIER: Final = (b"clearance model 1\n",)
SEAL: Final = 64
"""Hexadecimal digits of a seal."""
MARK: Final = 16
"""Of a text's mark: no two of a few hundred texts have the same by chance."""


@dataclass(frozen=True)
class Artefacts:
    """The files under `folder`, by version id, and the file of the key that seals them."""

    folder: Path
    key_file: Path

    def keep(self, held: Held) -> str:
        """Write the version's file, whole or not at all; its SHA-256."""
        wordless = replace(held, encoding=held.encoding.marked(self._mark()))
        version_id, body = held.version_id, pack(wordless)
        whole = KIND + self._seal(version_id, body).encode() + b"\n" + body
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.file(version_id).with_suffix(f".{os.getpid()}.part")
        part.write_bytes(whole)
        part.replace(self.file(version_id))
        return hashlib.sha256(whole).hexdigest()

    def load(self, version_id: str, expected: str) -> Held:
        """The version, by the hash that the ledger has of its file. Raises StorageError where it
        is not kept, IntegrityError where it is not the file that this workspace wrote."""
        try:
            whole = self.file(version_id).read_bytes()
        except FileNotFoundError:
            raise StorageError(
                f"The file of model {version_id} is not kept any more.",
                "Choose another version: `clearance models list`.",
            ) from None
        return replace(unpack(self._checked(version_id, whole, expected)), mark=self._mark())

    def has(self, version_id: str) -> bool:
        return self.file(version_id).exists()

    def forget(self, version_id: str) -> None:
        self.file(version_id).unlink(missing_ok=True)

    def file(self, version_id: str) -> Path:
        return self.folder / f"{version_id}.model"

    def _checked(self, version_id: str, whole: bytes, expected: str) -> bytes:
        """The body. The seal first: what it does not cover is not read at all."""
        if whole.startswith(EARLIER):
            raise StorageError(
                f"The file of model {version_id} is of an earlier kind: it is not read.",
                "Runs file what they fit anew, so it may be fitted again. A held one decides "
                "nothing: promote a challenger in its place, `clearance models list`.",
            )
        head, told, body = whole[: len(KIND)], whole[len(KIND) :][:SEAL], whole[len(KIND) :]
        body = body[SEAL + 1 :]
        if head != KIND or not same(_text(told), self._seal(version_id, body)):
            raise IntegrityError(
                f"Expected the file of model {version_id} to bear the seal of this workspace's key "
                f"({self.key_file.name}), and it does not: it was not opened.",
                "Put the file back from a backup, or choose another version: "
                "`clearance models list`.",
            )
        if hashlib.sha256(whole).hexdigest() != expected:
            raise IntegrityError(
                f"The file of model {version_id} is sealed, and not the one that the ledger knows: "
                "it was not opened.",
                "Put the file back from a backup, or choose another version: "
                "`clearance models list`.",
            )
        return body

    def _mark(self) -> Mark:
        key = key_in(self.key_file)
        return lambda attribute, text: seal(key, "text", attribute, text)[:MARK]

    def _seal(self, version_id: str, body: bytes) -> str:
        return seal(key_in(self.key_file), "model", version_id, body)


def _text(told: bytes) -> str:
    return told.decode("ascii", errors="ignore")
