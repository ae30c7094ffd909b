"""What becomes of a thread whose checkpoints are damaged: the ledger says what is left to do.

A run that was not committed is decided again from its pins; a committed one needs nothing; a review
that waits is opened anew; one that was decided is settled by what was decided.
"""

from graph.review import packet_of
from graph.tower import Tower
from tools.ledger import audit, reviews


def forget(tower: Tower, thread_id: str | None, reason: str) -> None:
    """Note the damage, and that the thread's review (None: every review) waits at no interrupt any
    more, so that it is opened again. Told before the thread is put aside."""
    with tower.ledger.write() as session:
        audit.append(
            session,
            tower.clock.now(),
            "meta-agent",
            "checkpoints_quarantined",
            thread_id or "every thread",
            {"reason": reason},
        )
        reviews.forget_interrupts(session, packet_of(thread_id) if thread_id else None)
