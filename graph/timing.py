"""Send times in a run: fitted once, from what the run's other models learn from."""

from collections.abc import Sequence

from domain.model_tables import OWN_SEND_TIMES, SEND_TIMES
from domain.record import Record
from domain.run import Pins
from graph.tower import Tower
from tools.prediction.appointing import Fit
from tools.prediction.timing import lessons_of, time_outcomes


class SendTimeNote(Record):
    """What one curve rests on, in a sentence."""

    outcome: str
    channel: str
    words: str


def keep_send_times(tower: Tower, pins: Pins, fits: Sequence[Fit]) -> None:
    """Write the run's send times; nothing where clearance.toml does not ask for them."""
    if not tower.config.send_time.use:
        return
    folder = tower.folder(pins.run_id)
    told = time_outcomes(
        lessons_of(fits),
        folder.read("observations"),
        folder.read("slots"),
        [one.channel for one in tower.config.channels],
        pins.at,
    )
    notes = [
        SendTimeNote(outcome=outcome, channel=channel, words=words)
        for (outcome, channel), words in told.words.items()
    ]
    folder.write_records("send_time_notes", notes)
    folder.once(OWN_SEND_TIMES, lambda: told.own)
    folder.once(SEND_TIMES, lambda: told.by_zone)
