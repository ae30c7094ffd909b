"""Unsubscribe links: one for each commercial email, that nobody can forge and that never ends.

RFC 8058 asks for an HTTPS link with an opaque part that is hard to forge. A token names the effect,
so that the record alone says whom it is about: it holds neither an address nor a contact's id.
"""

import base64
import binascii
from dataclasses import dataclass
from errno import ENOSPC
from pathlib import Path
from typing import Final

from domain.errors import StorageError
from domain.names import COMMERCIAL_EXEMPT
from tools.seals import key_in, same, seal
from tools.sender_config import SenderConfig

SEAL_BYTES: Final = 32
ONE_CLICK: Final = "List-Unsubscribe=One-Click"


@dataclass(frozen=True)
class Tokens:
    """Makes and reads tokens with the workspace's key."""

    key: bytes

    def of(self, effect_id: str) -> str:
        """The effect's token: the same one whenever it is asked for."""
        sealed = bytes.fromhex(seal(self.key, "unsubscribe", effect_id))
        return base64.urlsafe_b64encode(sealed + effect_id.encode()).decode().rstrip("=")

    def read(self, token: str) -> str | None:
        """The effect's id; None where we did not make the token."""
        padded = token + "=" * (-len(token) % 4)
        try:
            raw = base64.b64decode(padded, altchars=b"-_", validate=True)
            effect_id = raw[SEAL_BYTES:].decode()
        except (binascii.Error, UnicodeError, ValueError):
            return None
        sealed = seal(self.key, "unsubscribe", effect_id)
        return effect_id if same(raw[:SEAL_BYTES].hex(), sealed) else None


def tokens_in(file: Path) -> Tokens:
    """Tokens under the file's key, made where there is none. Raises StorageError where it can't be
    read or kept."""
    try:
        return Tokens(key_in(file))
    except OSError as error:
        raise StorageError(
            f"The key of unsubscribe links, {file}, can't be read or written: {error}.",
            "Make it readable for its owner: without it no link that was sent works any more.",
            "full" if error.errno == ENOSPC else "read_only",
        ) from error


@dataclass(frozen=True)
class Imprint:
    """What a commercial email says of its sender, and how its reader ends them."""

    sender: SenderConfig
    tokens: Tokens

    def headers(self, effect_id: str) -> dict[str, str]:
        """Headers that the provider sets; its DKIM signature has to cover the last two."""
        said = self.sender
        quoted = said.name.replace("\\", "\\\\").replace('"', '\\"')
        return {
            "From": f'"{quoted}" <{said.from_address}>',
            "Reply-To": said.reply_to,
            "List-Unsubscribe": f"<{self.link(effect_id)}>",
            "List-Unsubscribe-Post": ONE_CLICK,
        }

    def footer(self, effect_id: str) -> str:
        """Text under the message: that it sells, who sends it from where, and how to end it."""
        said = self.sender
        return f"{said.advertisement}. {said.name}, {said.postal_address}. Unsubscribe: " + (
            self.link(effect_id)
        )

    def link(self, effect_id: str) -> str:
        return f"{self.sender.unsubscribe_url.rstrip('/')}/{self.tokens.of(effect_id)}"


def is_commercial(channel: str, action_class: str) -> bool:
    """Whether it is an email that has to say all this; a class nobody declared counts as one."""
    return channel == "email" and action_class not in COMMERCIAL_EXEMPT
