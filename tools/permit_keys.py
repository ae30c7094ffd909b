"""The keys of permits: the secret one that signs, and the public ones that anyone may check with.

The secret key lies in `permits.key`, for its owner's eyes only; each public key ever used is a line
of `permits.pub`, which may be handed to anybody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from errno import ENOSPC
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.errors import ConfigurationError, StorageError
from domain.permit import Keys, Seal, fingerprint, leaf_of, signed_bytes
from tools.seals import key_in

RAW = 32
"""Bytes of a public key."""


@dataclass(frozen=True)
class Signer:
    """Signs sheets of permits with one secret key."""

    _secret: Ed25519PrivateKey

    @property
    def public_key(self) -> bytes:
        return self._secret.public_key().public_bytes_raw()

    def sign(self, bodies: Sequence[str]) -> Seal:
        """One signature over all of them (0.1 ms, whatever their number)."""
        leaves = tuple(leaf_of(body) for body in bodies)
        signature = self._secret.sign(signed_bytes(leaves)).hex()
        return Seal(key=fingerprint(self.public_key), leaves=leaves, signature=signature)


def signer_in(secret_file: Path, public_file: Path) -> Signer:
    """Who signs with the file's key; made where there is none. Its public key stands in the public
    file from then on, so that what it signed can be checked when the secret is gone. Raises
    StorageError where it can't be kept."""
    try:
        signer = Signer(Ed25519PrivateKey.from_private_bytes(key_in(secret_file)))
        known = keys_in(public_file) if public_file.exists() else {}
        if fingerprint(signer.public_key) not in known:
            with public_file.open("a", encoding="ascii") as out:
                out.write(f"{signer.public_key.hex()}\n")
    except OSError as error:
        raise StorageError(
            f"The keys of permits in {secret_file.parent} can't be read or written: {error}.",
            "Nothing goes out without a permit. Make the folder writable, with room on its disk.",
            "full" if error.errno == ENOSPC else "read_only",
        ) from error
    return signer


def keys_in(file: Path) -> Keys:
    """The public keys of a file, one a line in hex, by fingerprint. Raises ConfigurationError where
    there is no such file or a line is no key."""
    try:
        lines = file.read_text(encoding="ascii").split()
        keys = [bytes.fromhex(line) for line in lines]
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"{file} holds no public keys: {error}.", "It is a key in hex on each line."
        ) from None
    if any(len(key) != RAW for key in keys):
        raise ConfigurationError(
            f"{file} holds a key that is not {RAW} bytes long.", "It is a key in hex on each line."
        )
    return {fingerprint(key): key for key in keys}
