"""Planted bugs: each removes one protection, so that the harness is seen to notice."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from evals.faults import planted_in_delivery, planted_in_record


@dataclass(frozen=True)
class Bug:
    """A protection that is gone. plant: takes it out of this process; runs: names of the plans in
    which the harness must notice, the surest first."""

    words: str
    plant: Callable[[], None]
    runs: Sequence[str]


BUGS: Final[dict[str, Bug]] = {
    "no_door": Bug(
        "Nothing is judged again at the door.",
        planted_in_delivery.no_door,
        (
            "acts/2",
            "acts/3",
            "acts/4",
            "acts/1",
        ),
    ),
    "no_mark": Bug(
        "What changed after the judging is not noticed.",
        planted_in_delivery.no_mark,
        (
            "acts/1",
            "acts/5",
            "leaving/6",
            "acts/6",
            "acts/3",
        ),
    ),
    "no_hash": Bug(
        "A payload is not compared with its hash.",
        planted_in_delivery.no_hash,
        (
            "tampering/1",
            "tampering/2",
            "tampering/3",
        ),
    ),
    "nobody_adopts": Bug(
        "What a dead relay had in hand is left there.",
        planted_in_delivery.nobody_adopts,
        ("keyed@relay.claimed",),
    ),
    "lost_is_failed": Bug(
        "A lost answer counts as a no.",
        planted_in_delivery.lost_is_failed,
        (
            "dropping/5",
            "dropping/4",
        ),
    ),
    "put_off_is_new": Bug(
        "What is put off after a lost answer counts as never handed over.",
        planted_in_delivery.put_off_is_new,
        (
            "unreached/1",
            "unreached/2",
            "unreached/3",
        ),
    ),
    "one_for_all": Bug(
        "What a provider says of some counts for the whole batch.",
        planted_in_delivery.one_for_all,
        (
            "halving/1",
            "halving/2",
            "halving/3",
        ),
    ),
    "budget_steps": Bug(
        "A budget is moved by a step from what the platform shows.",
        planted_in_delivery.budget_steps,
        (
            "dropping/1",
            "dropping/4",
            "dropping/5",
        ),
    ),
    "over_others": Bug(
        "A budget is set over what somebody else set meanwhile.",
        planted_in_delivery.over_others,
        (
            "elsewhere/5",
            "elsewhere/6",
            "elsewhere/7",
            "elsewhere/8",
        ),
    ),
    "late_words": Bug(
        "A word counts though the review was decided.",
        planted_in_record.late_words,
        (
            "overruling/1",
            "overruling/2",
            "clicking/4",
            "clicking/6",
        ),
    ),
    "sent_frees": Bug(
        "What was sent frees what it held.",
        planted_in_record.sent_frees,
        (
            "1",
            "2",
        ),
    ),
    "intents_apart": Bug(
        "A run's intents are written after its commit.",
        planted_in_record.intents_apart,
        ("keyed@run.committed",),
    ),
    "no_audit": Bug(
        "An effect moves without its audit line.",
        planted_in_record.no_audit,
        (
            "1",
            "2",
        ),
    ),
    "claim_of_anything": Bug(
        "An effect is taken in hand whatever became of it meanwhile.",
        planted_in_delivery.claim_of_anything,
        (
            "resolving/1",
            "resolving/3",
            "resolving/9",
            "resolving/12",
        ),
    ),
    "no_lease": Bug(
        "Nobody waits for a lease, and no write looks whether it still holds.",
        planted_in_delivery.no_lease,
        (
            "silent/2",
            "silent/3",
            "silent/1",
            "silent/4",
        ),
    ),
    "silent_is_dead": Bug(
        "A relay that fell silent is taken for dead.",
        planted_in_delivery.silent_is_dead,
        (
            "silent/2",
            "silent/3",
            "silent/1",
            "silent/4",
            "silent/5",
            "silent/6",
            "silent/7",
            "silent/8",
            "silent/9",
            "silent/10",
            "silent/11",
            "silent/12",
            "silent/13",
            "silent/14",
            "silent/15",
            "silent/16",
        ),
    ),
    "fresh_keys": Bug(
        "Every attempt has a key of its own.",
        planted_in_delivery.fresh_keys,
        (
            "keyonly/1",
            "keyonly/2",
        ),
    ),
    "blind_again": Bug(
        "A lost answer is handed over again where the provider knows neither keys nor a look-up.",
        planted_in_delivery.blind_again,
        (
            "dropping/5",
            "dropping/4",
            "dropping/11",
        ),
    ),
    "no_look_up": Bug(
        "A lost answer is not looked up.",
        planted_in_delivery.no_look_up,
        (
            "dropping/7",
            "dropping/9",
            "dropping/15",
        ),
    ),
    "old_votes": Bug(
        "Votes on an older version count.",
        planted_in_record.old_votes,
        (
            "editing/6",
            "editing/10",
            "editing/12",
            "editing/7",
        ),
    ),
    "editor_approves": Bug(
        "Who edited a packet may approve it.",
        planted_in_record.editor_approves,
        (
            "editing/1",
            "editing/3",
            "editing/5",
            "editing/4",
        ),
    ),
    "roles_once": Bug(
        "Roles are looked at by the click, and never again.",
        planted_in_record.roles_once,
        (
            "leaving/3",
            "leaving/4",
            "leaving/5",
            "leaving/2",
        ),
    ),
}


def plant_bug(name: str | None) -> None:
    """Take the protection out of this process; None: none. Raises KeyError for an unknown one."""
    if name is not None:
        BUGS[name].plant()
