"""Erasing a person: suppressed first, then gone from every file, from the ledger last but one, and
from the contacts at the very end. Broken off anywhere, the same command goes on."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from app.erasing_files import Swept, sweep
from app.turns import turn_of
from domain.errors import BusyError, RefusedError
from graph.erased import erased_again, erased_hashes, key_of
from graph.erased_threads import drop_threads
from graph.people import person_of
from tools.erasure import behaviour
from tools.erasure.identity import hashes_of, known_again, nameless, normal, token_of
from tools.erasure.list import add, listed
from tools.erasure.veil import Veil, veil_over
from tools.ledger import erasures, veiling
from tools.ledger.leases import Keeper
from tools.ledger.squeezing import squeeze

if TYPE_CHECKING:
    from app.compose import House
    from graph.tower import Tower


@dataclass
class Erased:
    """What an erasure did, in numbers: it says nothing of the person."""

    token: str
    known_before: bool
    refused: int = 0
    """Effects that waited for the person and will not happen."""
    rows: dict[str, int] = field(default_factory=dict)
    """Rows that went or changed, by table of the ledger and kind of the warehouse."""
    files: int = 0
    threads: int = 0
    unreachable: list[str] = field(default_factory=list)
    """Exports that were written once and are not where they were."""
    left: list[str] = field(default_factory=list)
    """Files that still hold words of the person, of a sort that is not known here."""

    @property
    def done(self) -> bool:
        return not self.left

    @property
    def sentence(self) -> str:
        rows, lost = sum(self.rows.values()), ""
        if self.unreachable:
            lost = f" Exports that are not where they were: {', '.join(self.unreachable)}."
        if self.left:
            return f"Not done: words of the person are left in {', '.join(self.left)}.{lost}"
        return (
            f"Erased; {self.token} stands in their place. {self.refused} waiting effects refused, "
            f"{rows:,} rows, {self.files} files, {self.threads} threads.{lost}"
        )

    def as_dict(self) -> dict[str, Any]:
        return {
            "token": self.token,
            "state": "done" if self.done else "begun",
            "known_before": self.known_before,
            "refused": self.refused,
            "rows": self.rows,
            "files": self.files,
            "threads": self.threads,
            "unreachable": self.unreachable,
            "left": self.left,
        }


def contacts_named(house: "House", subject: str) -> list[str]:
    """The contact of that id or address, with every other contact of the same address, and with
    everybody who was merged with any of them: it is one person. Raises RefusedError where nobody is
    known by it."""
    tower = house.tower
    people = tower.warehouse.table("contacts").select("contact_id", said=normal("email"))
    asked = pl.DataFrame({"email": [subject]}).select(said=normal("email"))
    own = people.filter(pl.col("contact_id") == subject).select("said")
    theirs = people.join(pl.concat([asked, own]).unique(), on="said", how="semi")
    named = {*theirs.get_column("contact_id"), *([subject] if own.height else [])}
    if named:
        return person_of(tower, sorted(named))
    if _is_erased(tower, subject) or _in_ledger(tower, subject):
        return [subject]
    raise RefusedError(
        "No contact is known by that id or address.",
        "Give a contact's id as it was imported, or an e-mail address.",
    )


def _in_ledger(tower: "Tower", subject: str) -> bool:
    with tower.ledger.read() as session:
        return veiling.is_known(session, subject)


def _is_erased(tower: "Tower", contact_id: str) -> bool:
    known = nameless(pl.Series([contact_id]))
    return bool(known_again(key_of(tower), known, erased_hashes(tower)))


def erase(house: "House", contact_id: str, by: str) -> Erased:
    """Erase one contact. Raises BusyError while a run or a delivery goes on, or where another
    process holds on to what was erased; the same call goes on where it stopped."""
    with turn_of(house), _no_delivery(house):
        return _erase(house.tower, contact_id, by)


def erase_contacts(house: "House", contact_ids: list[str], by: str) -> list[Erased]:
    """Erase these contacts, one after the other."""
    return [erase(house, one, by) for one in contact_ids]


class _no_delivery:  # noqa: N801  # reads as a phrase where it is used
    """The relay's lease, held while what it hands over changes its name."""

    def __init__(self, house: "House") -> None:
        from app.relay.relay import LEASE, LEASE_SECONDS

        self.keeper = Keeper(house.tower.ledger, LEASE, LEASE_SECONDS)

    def __enter__(self) -> None:
        if self.keeper.take() is None:
            raise BusyError("Another process delivers just now.", "Ask again in a minute.")

    def __exit__(self, *_: object) -> None:
        self.keeper.release()


def _erase(tower: "Tower", contact_id: str, by: str) -> Erased:
    veil = _veil(tower, contact_id)
    told = Erased(veil.token, known_before=_is_erased(tower, contact_id))
    told.refused = _suppress(tower, veil, by)
    told.rows |= behaviour.erase_behaviour(tower.warehouse, veil)
    swept = sweep(tower, veil, by)
    told.threads = len(drop_threads(tower, veil))
    with tower.ledger.write() as session:
        told.rows |= veiling.veil_rows(session, veil, by, tower.clock.now())
    squeeze(tower.ledger)
    told.files, told.unreachable = swept.files, swept.unreachable
    told.left = _left(tower, veil, swept)
    if told.done:
        told.rows |= behaviour.erase_contact(tower.warehouse, veil)
        with tower.ledger.write() as session:
            erasures.finish(session, veil.token, tower.clock.now())
        squeeze(tower.ledger)
    return told


def _veil(tower: "Tower", contact_id: str) -> Veil:
    people = tower.warehouse.table("contacts").filter(pl.col("contact_id") == contact_id)
    return veil_over(contact_id, token_of(key_of(tower), contact_id), people.to_dicts())


def _suppress(tower: "Tower", veil: Veil, by: str) -> int:
    """On the list in the file, then in the ledger: from here on nothing reaches the person."""
    key = key_of(tower)
    said = {
        "contact_id": [veil.contact_id],
        "email": list(veil.emails),
        "phone": _of_nobody_else(tower, veil),
    }
    keys = [(kind, one) for kind, texts in said.items() for one in hashes_of(key, kind, texts)]
    add(tower.workspace.erasures_file, veil.token, keys)
    with tower.ledger.write() as session:
        return erasures.begin(session, veil.contact_id, veil.token, keys, by, tower.clock.now())


def _of_nobody_else(tower: "Tower", veil: Veil) -> list[str]:
    """Numbers that only this person has: a switchboard's must not silence a whole company."""
    people = tower.warehouse.table("contacts").select("contact_id", said=normal("phone"))
    others = people.filter(pl.col("contact_id") != veil.contact_id)
    own = pl.DataFrame({"phone": list(veil.phones)}, schema={"phone": pl.String})
    said = own.with_columns(said=normal("phone"))
    return said.join(others, on="said", how="anti").get_column("phone").to_list()


def _left(tower: "Tower", veil: Veil, swept: Swept) -> list[str]:
    """Files in which the person's bytes still stand, but for the contacts, which go last."""
    own = tower.warehouse.folder / "contacts.parquet"
    telling = [file for file in swept.looked_at if file.exists() and file != own]
    return [str(file) for file in telling if veil.is_in(file.read_bytes())]


def erase_again(house: "House", by: str) -> list[Erased]:
    """Erase everybody on the list who came back, by an import or with a backup that was put back;
    and finish what was begun."""
    tower = house.tower
    told = [erase(house, one, by) for one in sorted(back(tower))]
    _agree(tower, by)
    if all(one.done for one in told):
        squeeze(tower.ledger)
        with tower.ledger.write() as session:
            for token in erasures.unfinished(session):
                erasures.finish(session, token, tower.clock.now())
    return told


def _agree(tower: "Tower", by: str) -> None:
    """Ledger and file know the same erasures, whichever of them was put back."""
    file, at = tower.workspace.erasures_file, tower.clock.now()
    with tower.ledger.write() as session:
        for token, keys in listed(file).items():
            erasures.take_up(session, token, keys, by, at)
        known = erasures.keys_by_token(session)
    for token, found in known.items():
        add(file, token, found)


def unsettled(tower: "Tower") -> list[str]:
    """Erasures that are not done, or not known to the ledger, in a sentence each."""
    with tower.ledger.read() as session:
        begun = erasures.unfinished(session)
        known = erasures.keys_by_token(session)
    lost = sorted(listed(tower.workspace.erasures_file).keys() - known.keys())
    return [f"{one} is begun and not done: `clearance erase --again`." for one in begun] + [
        f"{one} is on the list and not in the ledger: `clearance erase --again`." for one in lost
    ]


def back(tower: "Tower") -> frozenset[str]:
    """Contacts who were erased once and stand in the warehouse or in the ledger again."""
    hashes = erased_hashes(tower)
    if not hashes:
        return frozenset()
    ids = pl.concat(
        tower.ledger.frame(f"SELECT DISTINCT contact_id FROM {table}", {"contact_id": pl.String})
        for table in ("consent", "effect", "suppression", "feedback")
    )
    people = nameless(ids.get_column("contact_id"))
    return erased_again(tower) | known_again(key_of(tower), people, hashes)
