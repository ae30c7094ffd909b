"""Opting out by the link of an email: what is sent, what a click does, and what it never asks."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import polars as pl
import pytest
from starlette.testclient import TestClient

from app.api import build_api
from app.compose import House
from app.serving import HouseReading, links_of
from domain.errors import StorageError
from graph.in_force import InForce
from policies.judging import refusal_on
from tests.relay.conftest import Post
from tools.connectors.protocols import Delivery
from tools.ledger import consents
from tools.unsubscribing import Imprint, Tokens, is_commercial, tokens_in

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
YEARS = timedelta(days=3 * 365)


def client(house: House, host: str = "mail.example") -> TestClient:
    """A mailbox: it comes under the proxy's name, follows nothing and keeps no cookie."""
    api = build_api(HouseReading(house), None, links_of(house))
    return TestClient(api, base_url=f"http://{host}", follow_redirects=False)


def sent(post: Post, contact: str = "c00", **change: str) -> Delivery:
    """A message that went out, as the provider got it."""
    (key,) = post.intend(contact, **change)
    post.deliver()
    return post.twin.letters[key]


def path(letter: Delivery) -> str:
    """Where its link leads on our server."""
    return urlsplit(letter.headers["List-Unsubscribe"].strip("<>")).path


def stands(house: House, contact: str = "c00", channel: str = "email") -> dict[str, str]:
    """State of the statement that stands, by purpose."""
    rows = consents.standing(house.tower.ledger, contact_ids=[contact])
    on = rows.filter(pl.col("channel") == channel)
    return dict(on.select("purpose", "state").iter_rows())


def lines(house: House) -> int:
    counted = house.tower.ledger.frame("SELECT count(*) FROM audit", {"n": pl.Int64})
    return int(counted.item())


def test_L19_a_marketing_email_carries_the_two_headers_of_one_click_and_its_own_link(
    post: Callable[..., Post],
) -> None:
    at = post()
    first, second = sent(at, "c00"), sent(at, "c01")

    assert first.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert first.headers["List-Unsubscribe"].startswith("<https://mail.example/unsubscribe/")
    assert first.headers["List-Unsubscribe"] != second.headers["List-Unsubscribe"]
    assert first.footer is not None
    assert first.headers["List-Unsubscribe"].strip("<>") in first.footer


def test_L19_what_sells_nothing_or_is_no_email_carries_none() -> None:
    assert not is_commercial("email", "transactional")
    assert not is_commercial("call", "marketing")
    assert is_commercial("email", "one_to_one")
    assert is_commercial("email", "a class nobody declared")


def test_L19_a_token_says_nothing_of_the_contact_and_can_not_be_forged(
    house: House, post: Callable[..., Post]
) -> None:
    token = path(sent(post())).rpartition("/")[2]
    tokens = tokens_in(house.tower.workspace.unsubscribe_key_file)
    others = Tokens(b"another key of thirty-two bytes.")
    page = client(house)

    assert tokens.read(token) == "e-c00"
    assert [tokens.read(one) for one in (others.of("e-c00"), token[1:], "", "e-c00", "é")] == (
        [None] * 5
    )
    assert page.post(f"/unsubscribe/{others.of('e-c00')}").status_code == 404
    assert stands(house) == {"marketing": "granted"}


def test_L19_every_bit_of_a_token_counts() -> None:
    tokens = Tokens(b"k" * 32)
    token = tokens.of("e-01")

    changed = [token[:i] + ("A" if token[i] != "A" else "B") + token[i + 1 :] for i in range(48)]

    assert len(token) == 48
    assert {tokens.read(one) for one in changed} == {None}


@pytest.mark.parametrize(
    "how",
    [{"data": ONE_CLICK}, {"files": {"List-Unsubscribe": (None, "One-Click")}}, {}],
    ids=["urlencoded", "multipart", "empty"],
)
def test_L20_a_post_of_either_form_type_withdraws_at_once_without_cookie_or_redirect(
    house: House, post: Callable[..., Post], how: dict[str, object]
) -> None:
    letter = sent(post())

    answer = client(house).post(path(letter), **how)  # type: ignore[arg-type]

    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert stands(house) == {"marketing": "withdrawn"}


def test_L20_a_get_shows_a_page_with_a_form_and_changes_nothing(
    house: House, post: Callable[..., Post]
) -> None:
    letter, before = sent(post()), lines(house)

    for method in ("GET", "HEAD", "OPTIONS", "PUT"):
        answer = client(house).request(method, path(letter))
        assert answer.status_code == (200 if method == "GET" else 405)

    assert '<form method="post">' in client(house).get(path(letter)).text
    assert (stands(house), lines(house)) == ({"marketing": "granted"}, before)


def test_L20_the_same_post_again_is_answered_200_and_writes_nothing_more(
    house: House, post: Callable[..., Post]
) -> None:
    at = post()
    letter = sent(at)
    client(house).post(path(letter), data=ONE_CLICK)
    once = lines(house)

    at.clock.at += timedelta(days=1)
    again = client(house).post(path(letter), data=ONE_CLICK)

    assert (again.status_code, lines(house)) == (200, once)


def test_L20_nothing_about_the_link_redirects(house: House, post: Callable[..., Post]) -> None:
    letter = sent(post())

    for place in (path(letter), path(letter) + "/", "/unsubscribe", "/unsubscribe/"):
        for method in ("GET", "POST"):
            assert client(house).request(method, place).status_code not in range(300, 400)


def test_L20_an_unsubscribe_that_can_not_be_written_is_not_called_done(
    house: House, post: Callable[..., Post], monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = sent(post())

    def full(*_: object) -> None:
        raise StorageError("The disk is full.", "Make room.", "full")

    with monkeypatch.context() as patch:
        patch.setattr(consents, "opt_out", full)
        failed = client(house).post(path(letter), data=ONE_CLICK)

    assert failed.status_code == 503
    assert client(house).post(path(letter), data=ONE_CLICK).status_code == 200


def test_L11_an_email_that_waits_while_its_reader_opts_out_is_not_sent(
    house: House, post: Callable[..., Post]
) -> None:
    at = post()
    waiting, neighbour = at.intend("c00", "c01")
    token = tokens_in(house.tower.workspace.unsubscribe_key_file).of(waiting)

    client(house).post(f"/unsubscribe/{token}", data=ONE_CLICK)
    at.deliver()

    assert (at.row(waiting)["state"], at.row(waiting)["reason"]) == ("skipped", "consent_withdrawn")
    assert list(at.twin.letters) == [neighbour]


def test_L11_a_link_works_however_old_it_is_and_after_the_sender_changed(
    house: House, post: Callable[..., Post]
) -> None:
    at = post()
    letter = sent(at)
    at.clock.at += YEARS
    config = house.tower.config.model_copy(update={"sender": None})
    later = replace(house, tower=replace(house.tower, config=config))

    assert client(later).post(path(letter)).status_code == 200
    assert stands(house) == {"marketing": "withdrawn"}


def test_L11_opting_out_asks_for_nothing_but_the_click(
    house: House, post: Callable[..., Post]
) -> None:
    """No field to fill in, nothing to log in to, nothing to pay: one button."""
    page = client(house).get(path(sent(post()))).text

    assert page.count("<input") == page.count('type="hidden"') == 1
    assert page.count("<button>") == 1
    assert "<script" not in page
    assert "c00" not in page


def test_L11_a_no_is_an_objection_where_the_policy_would_sell_without_consent(
    house: House, post: Callable[..., Post], monkeypatch: pytest.MonkeyPatch
) -> None:
    letter, loaded = sent(post()), house.tower.loaded
    consent = loaded.policy.consent.model_copy(update={"channels": ("call",)})
    policy = loaded.policy.model_copy(update={"consent": consent})
    monkeypatch.setattr(InForce, "now", lambda _: replace(loaded, policy=policy))

    client(house).post(path(letter))

    assert stands(house) == {"marketing": "objected"}


def test_L11_a_no_is_an_objection_where_a_class_that_sells_needs_no_consent(house: House) -> None:
    rule = house.tower.loaded.policy.consent
    lax = rule.model_copy(update={"exempt_classes": (*rule.exempt_classes, "one_to_one")})

    assert (refusal_on("email", rule), refusal_on("email", lax)) == ("withdrawn", "objected")


def test_L11_an_imprint_names_the_sender_in_words_that_begin_no_other_header(
    house: House,
) -> None:
    sender = house.tower.config.sender
    assert sender is not None
    quoted = sender.model_copy(update={"name": 'The "best" \\ shop'})

    headers = Imprint(quoted, Tokens(b"k" * 32)).headers("e1")

    assert headers["From"] == '"The \\"best\\" \\\\ shop" <news@mail.example>'
    with pytest.raises(ValueError, match="name"):
        type(sender).model_validate({**sender.model_dump(), "name": "A\r\nBcc: b@c.example"})
