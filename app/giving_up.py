"""Giving up an unfinished run: the way out where it fails at every try and later ones wait."""

from typing import TYPE_CHECKING, Any

from app.turns import turn_of
from tools.ledger import runs

if TYPE_CHECKING:
    from app.compose import House


def give_up(house: "House", run_id: str, by: str, reason: str) -> dict[str, Any]:
    """Close a run that was opened and never committed: nothing of it was chosen, what it held is
    freed, and its slot is not run again. `accepted` is false where it is finished or closed.

    Raises RefusedError where there is no such run, BusyError where a process is at one.
    """
    with turn_of(house) as turn:
        tower = turn.tower
        state = runs.read(tower.ledger, run_id).state
        if state == "open":
            with tower.write() as session:
                said = f"Given up by {by}: {reason}"
                runs.expire(session, run_id, tower.clock.now(), said, by)
    return {"run_id": run_id, "accepted": state == "open", "sentence": _sentence(run_id, state)}


def _sentence(run_id: str, state: str) -> str:
    if state == "open":
        return f"{run_id} is given up, and nothing of it goes out. The next run proposes afresh."
    return f"Expected an unfinished run, {run_id} is {state}. Nothing was changed."
