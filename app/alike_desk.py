"""The desk of packets that are alike: one word of all of them, or of none."""

from typing import TYPE_CHECKING, Any

from app.review_desk import approvals_left, carry_out, word_of
from app.review_words import answer_to
from domain.canonical import digest
from domain.packet import Packet
from graph.approving import roles_by_person
from graph.thresholds import at_stake
from tools.ledger.alike import AllSaid, Differs, Pick, alike, clicked, decide_all
from tools.ledger.words import Decided

if TYPE_CHECKING:
    from app.compose import House

MARK = 12
"""Characters of a list's mark."""


def decide_alike(
    house: "House", packet_id: str, verdict: str, person: str, seen: str | None, nonce: str | None
) -> dict[str, Any]:
    """Say one word of every waiting packet that is like this one: of all or of none.

    seen: the mark of the list that was looked at, which stands for every hash in it; None: only
    show the list and its mark. `differs` is the packet that stood against it.
    """
    word = word_of(house, person, verdict, nonce)
    with house.tower.ledger.read() as session:
        found = clicked(session, word) or alike(session, packet_id)
    mark = digest([[one.packet_id, one.version, one.payload_hash] for one in found])[:MARK]
    if not found or seen != mark:
        return _shown_alike(packet_id, found, mark, seen)
    people = roles_by_person(house.tower)
    picks = [Pick(one.packet_id, one.version, one.payload_hash) for one in found]
    with house.tower.ledger.write() as session:
        said = decide_all(session, picks, word, people)
    return {"mark": mark, "packets": _listed(found), **_carried_out_all(house, found, said)}


def _shown_alike(
    packet_id: str, found: list[Packet], mark: str, seen: str | None
) -> dict[str, Any]:
    if not found:
        sentence = f"Nothing like {packet_id} waits for a person."
    elif seen is None:
        sentence = f"{len(found)} packets are alike. If you mean all of them: --seen {mark}"
    else:
        sentence = f"The list is another one now. If you mean this one: --seen {mark}"
    return {
        "mark": mark,
        "packets": _listed(found),
        "accepted": False,
        "differs": None,
        "sentence": sentence,
    }


def _listed(found: list[Packet]) -> list[dict[str, Any]]:
    return [
        {
            "packet_id": one.packet_id,
            "version": one.version,
            "payload_hash": one.payload_hash,
            "title": one.title,
            "contacts": one.contacts,
            "at_stake": round(at_stake(one), 2),
            "currency": one.currency,
        }
        for one in found
    ]


def _carried_out_all(
    house: "House", found: list[Packet], said: AllSaid | Differs
) -> dict[str, Any]:
    if isinstance(said, Differs):
        why = (
            "is of another type or risk class."
            if said.said is None
            else f"stood against it: {answer_to(said.said, said.packet_id)['sentence']}"
        )
        sentence = f"None was decided: {said.packet_id} {why}"
        return {"accepted": False, "differs": said.packet_id, "sentence": sentence}
    told = [
        carry_out(house, packet.packet_id, one) if isinstance(one, Decided) else one
        for packet, one in zip(found, said.said, strict=True)
    ]
    words = [
        answer_to(one, packet.packet_id, approvals_left(house, packet.packet_id))
        for packet, one in zip(found, told, strict=True)
    ]
    return {
        "accepted": all(one["accepted"] for one in words),
        "differs": None,
        "sentence": "\n".join(one["sentence"] for one in words),
    }
