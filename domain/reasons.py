"""Reason codes: why a candidate was refused, withheld or lost, each with a sentence.

Hard guardrails have a bit each, so that a whole table keeps every finding in one column. The
order is the order in which a person is told: the first bit set is the reason, all are kept.
"""

from typing import Final

GUARDRAILS: Final[tuple[tuple[str, str], ...]] = (
    ("erased_or_suppressed", "the contact is suppressed on every channel"),
    ("objected", "the contact objected to marketing"),
    ("consent_withdrawn", "the contact withdrew consent for this channel and purpose"),
    ("consent_expired", "the consent for this channel and purpose has expired"),
    ("consent_missing", "no consent is recorded for this channel and purpose"),
    ("open_complaint", "the contact has an open complaint"),
    ("deal_hold", "a deal at this stage holds promotions"),
    ("existing_customer", "the contact is a customer already; paid retargeting would be wasted"),
    ("treatment_not_approved", "the treatment is not approved"),
    ("treatment_approval_expired", "the treatment's approval has expired"),
    ("cap_reached", "a frequency cap leaves no touch"),
    ("quiet_hours", "the slot falls into quiet hours where the contact lives"),
    ("spacing", "a touch on another channel lies too close"),
    ("blackout", "the campaign does not run at this time"),
    ("paused", "an operator paused this agent, channel or campaign"),
    ("step_too_large", "the budget would move by more than the policy's step"),
    ("fact_missing", "a fact that a guardrail needs is missing"),
    ("deadline_passed", "the slot has passed"),
    ("repeated", "the same treatment was scheduled for this contact that day"),
    ("agent_not_allowed", "the policy does not let this agent act"),
    ("torn_bundle", "another part of its bundle may not go to the contact"),
    ("segment_hold", "the contact is in a segment that the policy keeps from this channel"),
    ("shared_refusal", "somebody with the same address or number refused it"),
    ("basis_insufficient", "the consent was not given in a way that counts there for this"),
    ("do_not_call", "the number is in the do-not-call registry, or nobody can say that it is not"),
    ("blackout_date", "nothing that sells goes out on this date where the contact lives"),
    ("not_disclosed", "nothing in it says that it is made by AI, or that AI converses"),
    ("reply_pause", "somebody of the account replied lately; a person answers first"),
    ("ignored", "the contact ignored the last touches; it is left alone for a while"),
    ("another_owner", "another person owns the account"),
    ("kept_apart", "something that it is kept apart from is given, or to be given, too near to it"),
    ("first_missing", "what has to be given before it was not, or not in time"),
    ("quiet_dropped", "the slot falls into quiet hours, and the policy drops what does"),
    ("only_watching", "the policy lets this agent watch, not act"),
)
BIT: Final[dict[str, int]] = {code: 1 << i for i, (code, _) in enumerate(GUARDRAILS)}

OTHER: Final[dict[str, str]] = {
    "cleared": "cleared by policy",
    "escalated": "laid before a reviewer",
    "holdout": "the contact is in the holdout and measures what marketing causes",
    "outranked": "another action for the same contact is worth more",
    "nothing": "not acting is worth more",
    "unequal": "its campaign reaches some people much more seldom than the policy lets it",
    "priced_out": "a shared limit is spent on actions worth more",
    "explored": "an exploration draw took its place",
    "rejected": "a reviewer rejected it",
    "review_expired": "no reviewer answered in time",
    "nothing_alone": "no reviewer answered in time, and nothing of it would go without one",
    "edited_out": "a reviewer took it out of the packet",
    "delivered": "accepted by the provider",
    "provider_refused": "the provider refused it",
    "unknown_result": "the provider's answer was lost; parked for a person",
    "taken_meanwhile": "another run took what was left of a limit between planning and commit",
    "reconciling": "the provider's answer was lost; it is being looked up",
    "key_forgotten": "the provider may have forgotten its key by now; parked for a person",
    "approval_void": "the approval it rests on no longer holds",
    "role_lost": "who approved it may not approve any more",
    "hash_differs": "what was approved is not what stands in the packet now",
    "more_needed": "the policy now asks for more people than approved it",
    "role_needed": "nobody who approved it has a role that the policy asks for",
    "payload_altered": "it is not what was decided: its payload's hash differs",
    "changed_elsewhere": "somebody changed the budget in the platform meanwhile",
    "not_reached": "the provider could not be reached",
    "asked_to_wait": "the provider asked us to wait",
    "another_first": "another message to the contact is late and goes first; it is judged anew",
    "permit_missing": "it came to the guard without a permit; it is judged anew",
    "permit_forged": "its permit is not signed by a key that is trusted; it is judged anew",
    "permit_of_another": "its permit is for something else; it is judged anew",
    "permit_expired": "its permit ran out before it was handed over; it is judged anew",
    "sender_missing": "clearance.toml does not say who sends commercial email ([sender])",
    "domain_unproven": "the sender's domain does not prove itself, and bulk mail needs that",
    "spam_rate_high": "too many people called the sender's email spam",
    "spam_rate_unknown": "nobody knows how many people call the sender's email spam",
    "told_by_person": "a person said what became of it",
    "told_by_provider": "the provider said later, by itself, what became of it",
    "bounced": "the provider took it, and the mailbox refused it",
    "superseded": "a newer version of the packet took its place",
}
SENTENCES: Final[dict[str, str]] = {**dict(GUARDRAILS), **OTHER}


def findings_of(bits: int) -> tuple[str, ...]:
    """The reason codes of a bit set, most telling first."""
    return tuple(code for code, _ in GUARDRAILS if bits & BIT[code])
