"""A veil over one person: finds their words in any text, and puts something else in their place."""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

GONE: Final = "[erased]"
"""What stands where a name, an address or a number stood."""
OF_CONTACTS: Final = frozenset(
    (
        "contact_id",
        "contact_ids",
        "contact",
        "contacts",
        "holder",
        "people",
        "subject",
        "survivor_id",
    )
)
"""Columns and keys whose whole value may be a contact's id, however plain the id is."""
BEFORE, AFTER = r"(?<![\w@+-])", r"(?![\w@+-])"
"""Where an id begins and ends: `c1` is not meant in `c12`, nor in `abc-c1`."""


@dataclass(frozen=True)
class Veil:
    """The words of one person, and the token that takes the place of their id.

    A name is looked for only where it has two words, a number where it has six digits, and an id
    inside longer texts where it is unlike a word: what everybody says is no trace of anybody.
    """

    contact_id: str
    token: str
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @cached_property
    def needles(self) -> tuple[str, ...]:
        """Lower-case texts of which one is in everything that must be looked at."""
        words = [*self._words, self.contact_id]
        return tuple(sorted({form.lower() for one in words for form in _forms(one)}))

    def text(self, text: str, of_contacts: bool = False) -> str:
        """The text without the person. of_contacts: it may be a contact's id as a whole."""
        if of_contacts and text == self.contact_id:
            return self.token
        if not self._meant(text):
            return text
        if text[:1] in ("{", "["):
            return self._json(text)
        return self._plain(text)

    def value(self, value: Any, of_contacts: bool = False) -> Any:
        """The same for what JSON can hold."""
        match value:
            case str():
                return self.text(value, of_contacts)
            case list() | tuple():
                return [self.value(one, of_contacts) for one in value]
            case dict():
                return {
                    self.text(str(key)): self.value(one, key in OF_CONTACTS)
                    for key, one in value.items()
                }
        return value

    def is_in(self, data: bytes) -> bool:
        """Whether words of the person stand in the bytes of a file, of whatever sort it is."""
        lower = data.lower()
        forms = {form.lower().encode() for one in self._words for form in _forms(one)}
        return any(one in lower for one in forms) or bool(
            self._unlike_a_word and re.search(self._id.encode(), data)
        )

    def _meant(self, text: str) -> bool:
        lower = text.lower()
        return any(one in lower for one in self.needles)

    def _json(self, text: str) -> str:
        try:
            said = json.loads(text)
        except ValueError:
            return self._plain(text)
        veiled = self.value(said)
        if veiled == said:
            return text
        return json.dumps(veiled, sort_keys=True, ensure_ascii=False, separators=(",", ":"))

    def _plain(self, text: str) -> str:
        text = self._pattern.sub(GONE, text) if self._words else text
        if not self._unlike_a_word:
            return text
        return re.sub(self._id, self.token, text)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        forms = sorted({form for one in self._words for form in _forms(one)}, key=len, reverse=True)
        return re.compile("|".join(re.escape(one) for one in forms), re.IGNORECASE)

    @property
    def _id(self) -> str:
        return BEFORE + re.escape(self.contact_id) + AFTER

    @cached_property
    def _words(self) -> tuple[str, ...]:
        names = [one for one in self.names if len(one.split()) > 1]
        emails = [one.strip() for one in self.emails if "@" in one]
        phones = [one.strip() for one in self.phones if sum(c.isdigit() for c in one) >= 6]
        return tuple(dict.fromkeys((*emails, *phones, *names)))

    @property
    def _unlike_a_word(self) -> bool:
        return len(self.contact_id) > 2 and not self.contact_id.isalpha()


def veil_over(contact_id: str, token: str, people: Iterable[dict[str, Any]]) -> Veil:
    """A veil over the contact as these rows (name, email, phone) tell of them."""
    rows = list(people)
    said = {name: tuple(_given(rows, name)) for name in ("email", "phone", "name")}
    return Veil(contact_id, token, said["email"], said["phone"], said["name"])


def _given(rows: list[dict[str, Any]], name: str) -> Iterator[str]:
    yield from dict.fromkeys(str(row[name]) for row in rows if row.get(name))


def _forms(text: str) -> Iterator[str]:
    """The text as files may hold it: composed or not, and escaped as JSON does."""
    for form in ("NFC", "NFD"):
        plain = unicodedata.normalize(form, text)
        yield plain
        yield json.dumps(plain)[1:-1]
