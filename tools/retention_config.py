"""`[retention]` of clearance.toml: how long contacts and logs are kept."""

from typing import Annotated

from pydantic import Field

from domain.record import Record

Days = Annotated[int, Field(ge=1, le=36_500)]


class RetentionConfig(Record):
    """Days until something is purged; None: it is kept, and `clearance purge` says so. There is no
    default but keeping: what is purged does not come back, so somebody has to have said it."""

    contacts_days: Days | None = None
    """From the last time that either side reached the other."""
    logs_days: Days | None = None
    """From the last line of a log, or of a file of rows that were set apart at import."""
