"""The unsubscribe link's two answers: a page with a form, and the end of marketing mail at once.

Neither asks who calls: the token in the link is hard to forge and says which message it came from.
"""

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from app.signing import LOG
from domain.errors import StorageError
from domain.names import MARKETING_PURPOSE
from policies.judging import refusal_on
from tools.ledger import consents
from tools.ledger.models import EffectRow
from tools.unsubscribing import tokens_in

if TYPE_CHECKING:
    from app.compose import House

SOURCE: Final = "unsubscribe link"
WRITE_SECONDS: Final = 5.0
"""How long a call waits for its turn to write."""


@dataclass(frozen=True)
class Page:
    """An answer: HTTP status and HTML."""

    status: int
    html: str


def show(house: "House", token: str) -> Page:
    """A page with a form; it changes nothing, since mail scanners follow every link they see."""
    try:
        effect_id = _effect(house, token)
    except StorageError as error:
        return _later(error)
    return STRANGE if effect_id is None else Page(200, _html(QUESTION.format(who=_who(house))))


def end(house: "House", token: str) -> Page:
    """Withdraw what the message rested on, in force for every delivery from now on. 200 however
    often it is asked; 404: not one of our links; 503: the ledger can't be written, nothing is
    done."""
    try:
        effect_id = _effect(house, token)
        known = effect_id is not None and _withdraw(house, effect_id)
    except StorageError as error:
        return _later(error)
    if effect_id is None:
        return STRANGE
    if not known:
        LOG.error("an unsubscribe names an effect that this ledger does not know: %s", effect_id)
        return Page(503, _html(TROUBLE))
    return Page(200, _html(DONE.format(who=_who(house))))


def _effect(house: "House", token: str) -> str | None:
    return tokens_in(house.tower.workspace.unsubscribe_key_file).read(token)


def _withdraw(house: "House", effect_id: str) -> bool:
    tower = house.tower
    now = tower.clock.now()
    with tower.ledger.write(WRITE_SECONDS) as session:
        row = session.get(EffectRow, effect_id)
        if row is None or row.contact_id is None:
            return False
        state = refusal_on(row.channel, tower.loaded.policy.consent)
        purposes = (MARKETING_PURPOSE, row.purpose)
        who, on = row.contact_id, (row.channel,)
        consents.opt_out(session, who, on, purposes, state, now, SOURCE)
        return True


def _who(house: "House") -> str:
    sender = house.tower.config.sender
    return escape(sender.name if sender else house.tower.config.name)


def _later(error: StorageError) -> Page:
    LOG.error("an unsubscribe was not kept: %s", error.message)
    return Page(503, _html(TROUBLE))


def _html(body: str) -> str:
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    head = f'<!doctype html><html lang="en"><head>{head}<title>Unsubscribe</title></head>'
    return f"{head}<body>{body}</body></html>\n"


QUESTION: Final = (
    "<h1>Unsubscribe</h1><p>No more marketing email from {who}?</p>"
    '<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click">'
    "<button>Unsubscribe</button></form>"
)
DONE: Final = "<h1>Done</h1><p>You get no more marketing email from {who}, as of now.</p>"
TROUBLE: Final = (
    "<h1>Not done yet</h1><p>We could not write this down just now. Please try again in a few "
    "minutes, or answer the message with the word unsubscribe.</p>"
)
STRANGE: Final = Page(
    404,
    _html(
        "<h1>This link is not whole</h1><p>Please copy all of it from the message, or answer the "
        "message with the word unsubscribe.</p>"
    ),
)
