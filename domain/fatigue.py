"""What it costs when a touch is ignored, or loses a contact: declared, never assumed."""

from typing import Annotated

from pydantic import Field

from domain.record import Record

Amount = Annotated[int, Field(ge=0)]


class Losses(Record):
    """Minor units of the workspace's currency lost by one such answer; None: nobody said.

    `share_of_future`: share of what a contact is yet expected to buy that an unsubscribe or a
    complaint loses; it speaks where that is known of the contact, the amounts elsewhere.
    """

    ignored: Amount | None = None
    unsubscribed: Amount | None = None
    complained: Amount | None = None
    share_of_future: Annotated[float, Field(ge=0, le=1)] | None = None
