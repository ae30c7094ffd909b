"""The cases: what goes wrong elsewhere and what comes of it here, and what contact law asks."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Case:
    """`case_id`: W and a number where another product fails, L and a number where law or good
    practice asks. Its tests are named after it (`test_W4_...`)."""

    case_id: str
    words: str
    """Of a W, what happens elsewhere; of an L, what is asked."""
    here: str = ""
    """Of a W, what comes of it here."""


FAILURES: Final = (
    Case(
        "W1",
        "who enters two journeys within minutes gets both: each saw the cap still open",
        "the second is refused: caps are counted where they are reserved",
    ),
    Case(
        "W2",
        "an edit of quiet hours binds hours later, and later still where much is queued",
        "the next decision is made under it, and what is queued is judged again",
    ),
    Case("W3", "an empty consent passes for a yes", "no consent, nothing goes"),
    Case(
        "W4",
        "one a day by the calendar: an hour before midnight and an hour after, both go",
        "a cap may count any day's length, and midnight opens nothing",
    ),
    Case(
        "W5",
        "of several that may go, the one that happened to come first goes",
        "the most valuable goes, of equals the same one each time",
    ),
    Case(
        "W6",
        "a cap for one kind of message replaces the channel's, so that more goes out",
        "every cap binds, the narrowest first",
    ),
    Case(
        "W7",
        "a cap and the choice of the hour can't be used together",
        "the hour is chosen among those that the cap leaves open",
    ),
    Case(
        "W8",
        "what a cap held back is lost without a word",
        "it is recorded with the reason, and offered again",
    ),
    Case(
        "W9",
        "one way of sending never asks the frequency rule",
        "every agent and channel passes the same gate",
    ),
    Case(
        "W10",
        "a rule made for what sells holds back receipts too",
        "caps and quiet hours know the class of a message",
    ),
    Case(
        "W11",
        "a counter that can't be read counts nothing, and the message goes",
        "what was not counted is closed",
    ),
    Case(
        "W12",
        "without a time zone nobody's night is kept",
        "it must be day in every zone where the person may live",
    ),
    Case(
        "W13",
        "a volume window starts anew at one hour, and a burst follows",
        "windows move with the clock and start nowhere",
    ),
    Case(
        "W14",
        "to look up why something was decided changes what is learnt",
        "explaining only reads",
    ),
    Case(
        "W15",
        "an ad platform spends up to twice the budget of a day",
        "the most that it may spend is what counts",
    ),
    Case(
        "W16",
        "an optimiser's plan is carried out though it breaks a limit or mixes channels up",
        "other code checks the plan and refuses it whole",
    ),
    Case(
        "W17",
        "with little data the loosest cap is taken",
        "the policy's caps stand, and people are asked",
    ),
    Case(
        "W18",
        "a step runs twice after it was resumed, and a second question gets no answer",
        "each effect is made once, and each question is answered",
    ),
    Case(
        "W19",
        "a question to a reviewer stays open without end",
        "it is closed at its time, and silence is never a yes",
    ),
    Case(
        "W20",
        "who is already under way keeps the old rules after an edit",
        "an edit reaches whatever was not handed over yet",
    ),
    Case(
        "W21",
        "a priority set by hand beats what is worth far more, and nobody sees the price",
        "it wins up to a ceiling, and its price is shown",
    ),
    Case(
        "W22",
        "fairness is looked at for the largest categories alone, and only warned of",
        "every category counts, and an unequal campaign sends nothing",
    ),
)

LAW: Final = (
    Case("L1", "consent is of one purpose on one channel, and silence is none"),
    Case(
        "L2", "without a yes only customers, where the policy says so and a sale gave the address"
    ),
    Case("L3", "who takes a consent back gets nothing from then on"),
    Case("L4", "an objection ends all that sells, on every channel, audiences of ads included"),
    Case(
        "L5", "who is erased is found nowhere any more, but for a hash that only the key can read"
    ),
    Case("L6", "who was erased and is imported again stays suppressed"),
    Case("L7", "what decides a price or a credit for somebody waits for a person"),
    Case("L8", "nobody is chosen by health, faith or the like"),
    Case("L9", "nothing is sold to a minor, or to who may be one"),
    Case("L10", "a commercial email says truly who sends it, that it sells, and how to end it"),
    Case("L11", "opting out takes a click and nothing else, counts at once, and works for ever"),
    Case("L12", "an implied consent ends by its date, as of the instant of sending"),
    Case("L13", "consent is inferred only where the country allows it, and not for ever"),
    Case("L14", "people in the US are called by day where they are"),
    Case("L15", "texts and automated calls to the US need a yes in writing and a fresh registry"),
    Case("L16", "a reply that refuses ends it, and so does one that may be a refusal"),
    Case("L17", "one stop ends all calls and texts"),
    Case("L18", "what a wrong text or call costs in damages counts as at stake"),
    Case("L19", "marketing email has the one-click headers, with a link nobody can forge"),
    Case("L20", "a POST to the link withdraws at once, a GET only shows a page"),
    Case("L21", "bulk mail comes from domains that prove themselves and are seldom complained of"),
    Case("L22", "a spam rate that nobody told is unknown, and not zero"),
    Case("L23", "a receipt is a class of its own, and one that sells is none"),
    Case("L24", "nights are kept where the person lives, through summer time and winter time"),
    Case("L25", "caps count what all agents and all other tools sent to the same person"),
    Case("L26", "where systems disagree, the strictest of their last words stands"),
    Case("L27", "what one refused holds for all who share the mailbox or the telephone"),
    Case("L28", "what AI made or says is marked as such"),
    Case("L29", "a business of an unknown country is asked like anybody"),
    Case("L30", "of each message: the consent, policy, approval and content of that instant"),
    Case("L31", "contacts and logs past their date are let go"),
    Case("L32", "no list that was scraped, harvested or bought comes in"),
)

CASES: Final = (*FAILURES, *LAW)
