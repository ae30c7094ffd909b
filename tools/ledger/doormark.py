"""The door's mark: a number that every change the door looks at raises in its own transaction.

Who judges reads it first; who acts on the judgement compares it: where it moved, what was judged
may no longer hold, and is judged again.
"""

from sqlmodel import Session

from tools.ledger import meta

KEY = "door"


def mark(session: Session) -> int:
    """How often what the door looks at has changed."""
    return int(meta.get(session, KEY) or 0)


def raise_mark(session: Session) -> None:
    """In the transaction of a change to consents, suppressions, pauses, approvals or roles."""
    meta.put(session, KEY, str(mark(session) + 1))
