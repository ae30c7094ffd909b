"""What a reviewer is told of their word, in a sentence."""

from typing import Any, assert_never

from graph.settling import in_words
from tools.ledger.words import (
    AlreadyDecided,
    Decided,
    Expired,
    Held,
    NotAllowed,
    Recorded,
    Said,
    Stale,
)


def answer_to(said: Said, packet_id: str, left: int = 1) -> dict[str, Any]:
    """What the person is told. left: approvals that the packet still needs."""
    match said:
        case Decided():
            return {"accepted": True, "sentence": f"{packet_id} is {said.state}."}
        case Recorded():
            more = "one more approval, by somebody else"
            wanted = more if left == 1 else f"{left} more approvals, by others"
            return {"accepted": True, "sentence": f"Recorded. {packet_id} needs {wanted}."}
        case AlreadyDecided(state="pending"):
            sentence = f"You approved {packet_id} already; it needs somebody else's approval too."
            return {"accepted": True, "sentence": sentence}
        case AlreadyDecided(state="void"):
            why = in_words("void", said.reason)
            by = ", ".join(said.by)
            sentence = f"{packet_id} was approved by {by}, and the approval is void: {why}."
            return {"accepted": False, "sentence": sentence}
        case AlreadyDecided():
            sentence = f"{packet_id} was already {said.state} by {', '.join(said.by)}."
            return {"accepted": said.same, "sentence": sentence}
        case Stale():
            sentence = (
                f"You looked at version {said.shown} of {packet_id}; it is now version "
                f"{said.current}. Look again with `clearance review show {packet_id}`."
            )
            return {"accepted": False, "sentence": sentence}
        case Expired():
            sentence = f"{packet_id} expired unanswered; the next run proposes afresh."
            return {"accepted": False, "sentence": sentence}
        case NotAllowed():
            return {"accepted": False, "sentence": said.reason}
        case Held():
            sentence = (
                f"{said.by} has {packet_id} in hand until {said.until.isoformat()}. Ask them, or "
                "wait; it can be rejected meanwhile."
            )
            return {"accepted": False, "sentence": sentence}
        case _:
            assert_never(said)
