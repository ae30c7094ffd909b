"""`[send_time]` of clearance.toml: whether a run's candidates are worth more at some hours."""

from domain.record import Record


class SendTimeConfig(Record):
    """Without the key every slot counts alike, but for what waiting costs."""

    use: bool = False
    """Whether candidates count by the hour and weekday where the contact lives."""
