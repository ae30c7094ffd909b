"""What a person answers by text or mail: seven words end it, and what is unclear ends it too."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from app.compose import House
from graph.in_force import InForce
from policies.consent_limits import Revocation
from tests.feedback.conftest import Desk, event
from tools.ledger import consents
from tools.ledger.feedback import BY_PHONE
from tools.replies import DECISIVE, meaning_of


@pytest.mark.parametrize("word", DECISIVE)
@pytest.mark.parametrize(
    "form", ["{}", "{}!", "Please {} now", "  {}\n\nSent from my phone", "> Hello\n{}"]
)
def test_L16_each_of_the_seven_words_is_an_opt_out_wherever_it_stands(word: str, form: str) -> None:
    assert meaning_of(form.format(word)) == "opt_out"
    assert meaning_of(form.format(word.upper())) == "opt_out"


@pytest.mark.parametrize(
    "text", ["S T O P", "s.t.o.p.", "opt-out", "OptOut", "ｓｔｏｐ", "st\u200bop", "Unsubscribe me"]
)
def test_L16_a_decisive_word_is_known_however_it_is_written(text: str) -> None:
    assert meaning_of(text) == "opt_out"


@pytest.mark.parametrize(
    "text",
    [
        "Please don't write to me",
        "not interested, thank you",
        "Remove me from your list",
        "leave me alone",
        "unsuscribe please",
        "who is this?",
        "Bitte nicht mehr anrufen",
        "je ne suis pas interested",
        "Tack, inte intresserad",
        "отпишите меня",
        "sтop",
        "👎",
        "?",
        "",
        "yes please " * 300,
    ],
)
def test_L16_what_may_be_a_refusal_or_can_not_be_read_counts_as_one(text: str) -> None:
    assert meaning_of(text) == "unclear"


@pytest.mark.parametrize(
    "text",
    [
        "Yes please",
        "Thanks, call me on Thursday",
        "What is the price?",
        "Ja gerne, wann?",
        "Yes!\n\n> Advertisement. Shop, Street. Unsubscribe: https://mail.example/u/abc\n> stop",
        "Yes\nAdvertisement. Shop, 1 Street. Unsubscribe: https://mail.example/unsubscribe/abc",
    ],
)
def test_L16_a_plain_answer_is_an_answer(text: str) -> None:
    assert meaning_of(text) == "answer"


def test_L16_a_note_of_absence_is_no_reply_unless_it_says_one_of_the_words() -> None:
    absent = "Out of office until the end of July. I am not reading mail."

    assert meaning_of(absent) == meaning_of("Bin bis Ende Mai weg", automatic=True) == "automatic"
    assert meaning_of("Out of office? Stop writing to me!") == "opt_out"


@pytest.mark.parametrize(
    ("text", "state"),
    [("Stop", "withdrawn"), ("rather not", "withdrawn"), ("Yes please", "granted")],
)
def test_L16_a_reply_that_ends_it_holds_for_the_very_next_message(
    desk: Callable[..., Desk], text: str, state: str
) -> None:
    at = desk()
    (key,) = at.post.intend("c00")

    assert (
        at.tell(event("replied", None, "r1", contact_id="c00", channel="email", text=text)) == 200
    )
    at.deliver()

    assert at.consent("c00") == state
    sent = at.post.row(key)["state"] == "accepted"
    assert sent == (state == "granted")


def test_L16_a_machines_note_of_absence_changes_nothing(desk: Callable[..., Desk]) -> None:
    at = desk()
    note = {"contact_id": "c00", "channel": "email", "text": "Not here.", "automatic": True}

    at.tell(event("replied", None, "r1", **note))

    assert at.consent("c00") == "granted"


def test_L16_a_reply_without_its_words_is_an_opt_out(desk: Callable[..., Desk]) -> None:
    at = desk()

    at.tell(event("replied", None, "r1", contact_id="c00", channel="email"))

    assert at.consent("c00") == "withdrawn"


def test_L16_the_words_of_a_reply_are_not_kept(desk: Callable[..., Desk]) -> None:
    at = desk()
    secret = "stop, my sister Ada is ill"

    at.tell(event("replied", None, "r1", contact_id="c00", channel="email", text=secret))

    ledger = (at.house.tower.workspace.ledger_file).read_bytes()
    assert at.consent("c00") == "withdrawn"
    assert b"sister" not in ledger


def test_L17_a_stop_to_one_text_ends_all_calls_and_texts_for_every_purpose(
    desk: Callable[..., Desk],
) -> None:
    """The policy asks for no consent to text: there a no is an objection, or it would not hold."""
    at = desk()

    at.tell(event("replied", None, "r1", contact_id="c00", channel="sms", text="STOP"))

    assert [at.consent("c00", channel) for channel in BY_PHONE] == ["objected", "withdrawn"]
    assert at.consent("c00", "email") == "granted"


def test_L17_before_its_day_a_stop_ends_what_it_answers_alone(
    desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    at = desk()
    loaded, never = at.house.tower.loaded, Revocation(all_calls_and_texts_from=date(2027, 1, 31))
    policy = loaded.policy.model_copy(update={"revocation": never})
    monkeypatch.setattr(InForce, "now", lambda _: replace(loaded, policy=policy))
    with at.house.tower.ledger.write() as session:
        newsletter = {"channel": "call", "purpose": "newsletter", "state": "granted"}
        row = {**newsletter, "contact_id": "c00", "at": at.post.clock.at, "source": "form"}
        consents.record(session, pl.DataFrame([row]))

    at.tell(event("replied", None, "r1", contact_id="c00", channel="call", text="STOP"))
    before = calls(at)
    monkeypatch.undo()
    at.tell(event("replied", None, "r2", contact_id="c00", channel="call", text="STOP"))

    assert before == {"marketing": "withdrawn", "newsletter": "granted"}
    assert calls(at) == {"marketing": "withdrawn", "newsletter": "withdrawn"}


def calls(at: Desk) -> dict[str, str]:
    rows = consents.standing(at.house.tower.ledger, contact_ids=["c00"])
    on = rows.filter(pl.col("channel") == "call").select("purpose", "state")
    return dict(on.iter_rows())


def test_L17_revoking_all_is_on_by_default_and_a_date_in_the_policy_says_since_when(
    house: House,
) -> None:
    assert Revocation().all_calls_and_texts_from <= house.tower.clock.now().date()
    assert house.tower.loaded.policy.revocation == Revocation()
