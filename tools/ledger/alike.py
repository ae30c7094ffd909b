"""One word on several packets that are alike: of one type and risk class, every hash named, all of
them or none, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sqlmodel import Session, select

from domain.packet import Packet
from domain.record import Record
from tools.ledger import packets, quorum, reviews, voting
from tools.ledger.models import ReviewRow, VoteRow
from tools.ledger.words import AlreadyDecided, Decided, Recorded, Said, Word


@dataclass(frozen=True)
class Pick:
    """A packet in the very version that was looked at."""

    packet_id: str
    version: int
    payload_hash: str


class AllSaid(Record):
    """The word counted for every packet, in the order they were named."""

    kind: Literal["all_said"] = "all_said"
    said: tuple[Decided | Recorded | AlreadyDecided, ...]


class Differs(Record):
    """The word counted for none: this packet stood against it. said: what was to be said of it
    alone; None: it is of another type or risk class than the first."""

    kind: Literal["differs"] = "differs"
    packet_id: str
    said: Said | None = None


def risk_class(packet: Packet) -> tuple[object, ...]:
    """Packets are alike where type, agent, channel, the rules that brought them before a person and
    the people they need are the same."""
    rules = frozenset(one.rule for one in packet.triggers)
    needed = (packet.approvals_needed, packet.approver_roles)
    return (packet.kind, packet.agent, packet.channel, rules, *needed)


def alike(session: Session, packet_id: str) -> list[Packet]:
    """Waiting packets of the packet's class, itself among them; by id."""
    wanted = risk_class(packets.newest_in(session, packet_id))
    ids = session.exec(select(ReviewRow.packet_id).where(ReviewRow.state == "pending")).all()
    waiting = [packets.newest_in(session, one) for one in sorted(ids)]
    return [one for one in waiting if risk_class(one) == wanted]


def clicked(session: Session, word: Word) -> list[Packet]:
    """What a click of this name was counted for, as the same word of the same person: each packet
    in the version it was said of; by id."""
    if word.nonce is None:
        return []
    said = (VoteRow.nonce == word.nonce, VoteRow.person_id == word.person_id)
    rows = session.exec(select(VoteRow).where(*said, VoteRow.verdict == word.verdict))
    counted = sorted((one.packet_id, one.version) for one in rows)
    found = [packets.version_in(session, *one) for one in counted]
    return [one for one in found if one is not None]


def decide_all(
    session: Session, picks: Sequence[Pick], word: Word, people: quorum.People
) -> AllSaid | Differs:
    """Say one word of all the packets, or of none. word: who says what and when; its packet,
    version and hash are taken from each pick. people: everybody's roles."""
    wanted = risk_class(packets.newest_in(session, picks[0].packet_id))
    words = [_of(word, pick) for pick in sorted(set(picks), key=lambda one: one.packet_id)]
    rows = [reviews.locked(session, one.packet_id) for one in words]
    for one in words:
        if risk_class(packets.newest_in(session, one.packet_id)) != wanted:
            return Differs(packet_id=one.packet_id)
    found = [
        quorum.refused(session, row, one, people) for row, one in zip(rows, words, strict=True)
    ]
    against = [
        Differs(packet_id=one.packet_id, said=said)
        for one, said in zip(words, found, strict=True)
        if said is not None
    ]
    if len(against) == len(words) and all(_counted(one.said) for one in against):
        return AllSaid.model_validate({"said": tuple(found)})
    if against:
        return next((one for one in against if not _counted(one.said)), against[0])
    told = [voting.vote(session, row, one) for row, one in zip(rows, words, strict=True)]
    return AllSaid.model_validate({"said": tuple(told)})


def _of(word: Word, pick: Pick) -> Word:
    return replace(
        word, packet_id=pick.packet_id, version=pick.version, payload_hash=pick.payload_hash
    )


def _counted(said: Said | None) -> bool:
    """The same word came before: it counts once."""
    return isinstance(said, Decided | Recorded) or (isinstance(said, AlreadyDecided) and said.same)
