"""L10, L13, L21 and L22: who sends a commercial email, from where, and how it is taken."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import polars as pl
import pytest
from rich.console import Console

from app import initialising
from app.compose import House
from app.feedback_desk import troubles
from app.relay import letters
from app.review_desk import page
from app.story.review_pages import show_page
from domain.names import INFERRED_BASES
from graph.in_force import InForce
from graph.spam_rates import standing
from graph.tower import Tower
from policies.consent_limits import InferredConsent
from policies.reputation_limits import SpamRate
from policies.schema import Policy
from tests.graph_facts.guarding import against, living, statements
from tests.policies.worlds import NOON, SAID, sample_policy
from tests.relay.conftest import Post
from tests.reviews.worlds import ask
from tools.ledger import controls
from tools.provider_config import ProviderConfig
from tools.sender_config import PROOFS, SenderConfig
from tools.unsubscribing import Imprint, Tokens

DAY = timedelta(days=1)
PROVIDER = ProviderConfig.model_validate(
    {"name": "m", "channels": ("email",), "url": "https://m.example", "keys": True, "lookup": True}
)


def of(tower: Tower, **change: Any) -> Tower:
    """The tower under another configuration."""
    return replace(tower, config=tower.config.model_copy(update=change))


def sender_of(tower: Tower, **change: Any) -> SenderConfig:
    assert tower.config.sender is not None
    return tower.config.sender.model_copy(update=change)


def under(monkeypatch: pytest.MonkeyPatch, tower: Tower, **rule: Any) -> None:
    """The policy's rule of spam rates, otherwise."""
    loaded = tower.loaded
    policy = loaded.policy.model_copy(update={"spam_rate": SpamRate(**rule)})
    monkeypatch.setattr(InForce, "now", lambda _: replace(loaded, policy=policy))


def told(tower: Tower, rate: float, at: datetime, **more: Any) -> None:
    """A mailbox provider's figure comes in, as any file does."""
    row = {"domain": "mail.example", "provider": "gmail", "date": at, "rate": rate, **more}
    tower.warehouse.merge("spam_rates", pl.DataFrame([row]))


def test_L10_a_marketing_email_that_would_not_say_who_sends_it_is_not_handed_over(
    post: Callable[..., Post],
) -> None:
    at = post()
    (key,) = at.intend("c00")
    at.tower = of(at.tower, sender=None)
    at.restart()

    at.deliver()

    assert (at.row(key)["state"], at.row(key)["reason"]) == ("skipped", "sender_missing")
    assert at.twin.calls == []


def test_L10_an_email_says_truly_who_sends_it_that_it_sells_and_how_to_end_it(
    tower: Tower,
) -> None:
    imprint = Imprint(sender_of(tower), Tokens(b"k" * 32))
    headers, footer = imprint.headers("e1"), imprint.footer("e1")

    assert headers["From"] == '"Sample sender" <news@mail.example>'
    assert headers["Reply-To"] == "answers@mail.example"
    for word in ("Advertisement", "1 Sample Street, 00000 Sampletown", imprint.link("e1")):
        assert word in footer


@pytest.mark.parametrize("field", ["name", "from_address", "reply_to", "postal_address"])
def test_L10_a_sender_that_leaves_something_out_or_empty_is_refused(
    tower: Tower, field: str
) -> None:
    said = sender_of(tower).model_dump()

    for wrong in ({**said, field: " "}, {name: said[name] for name in said if name != field}):
        with pytest.raises(ValueError, match=field):
            SenderConfig.model_validate(wrong)


def test_L10_only_what_sells_by_email_needs_a_sender() -> None:
    rows = pl.DataFrame(
        {
            "channel": ["email", "email", "email", "email", "call"],
            "action_class": ["marketing", "one_to_one", None, "transactional", "marketing"],
        }
    )

    assert rows.select(letters.commercial()).to_series().to_list() == [
        *[True] * 3,
        *[False] * 2,
    ]


def test_L10_who_approves_email_is_asked_whether_its_subject_is_honest(house: House) -> None:
    ask(house.tower.ledger, "p1", channel="email", kind="budget")
    ask(house.tower.ledger, "p2", channel="ads", kind="budget")
    said = Console(file=StringIO(), width=100)

    show_page(said, page(house, "p1"))

    assert isinstance(said.file, StringIO)
    assert "The subject says what the message is about" in said.file.getvalue()
    assert page(house, "p2")["checklist"] == []


def inferred(*rules: InferredConsent) -> Policy:
    return sample_policy(inferred_consent=rules)


AUSTRALIA = InferredConsent(
    countries=("AU",), channels=("email",), purposes=("marketing",), for_days=180, **SAID
)


@pytest.mark.parametrize("basis", INFERRED_BASES)
def test_L13_a_consent_is_inferred_only_where_the_table_of_countries_says_so(basis: str) -> None:
    given = statements([{"channel": "email"}]).unique()
    given = given.with_columns(basis=pl.lit(basis, dtype=pl.String))
    there, elsewhere, nowhere = (living(one, "Europe/London") for one in ("AU", "GB", None))

    assert against(policy=inferred(AUSTRALIA), consents=given, contacts=there) == set()
    assert against(policy=inferred(), consents=given, contacts=there) == {"basis_insufficient"}
    for home in (elsewhere, nowhere):
        found = against(policy=inferred(AUSTRALIA), consents=given, contacts=home)
        assert found == {"basis_insufficient"}


def test_L13_an_inferred_consent_ends_after_its_days() -> None:
    there = living("AU", "Europe/London")

    for days, found in ((180, set()), (181, {"basis_insufficient"})):
        given = statements([{"channel": "email", "at": NOON - days * DAY}])
        given = given.filter(pl.col("channel") == "email").unique()
        given = given.with_columns(basis=pl.lit("inferred"), at=pl.lit(NOON - days * DAY))
        assert against(policy=inferred(AUSTRALIA), consents=given, contacts=there) == found


@pytest.mark.parametrize("missing", PROOFS)
def test_L21_a_domain_that_does_not_prove_itself_sends_no_bulk_mail(
    post: Callable[..., Post], monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    at = post()
    under(monkeypatch, at.tower, bulk_per_day=3)
    proofs = tuple(one for one in PROOFS if one != missing)
    at.tower = of(at.tower, sender=sender_of(at.tower, authenticated=proofs))
    at.restart()
    at.intend("c00", "c01", "c02", "c03")

    at.deliver()
    at.deliver()

    assert sorted(at.states().values()) == ["accepted", "accepted", "intent", "intent"]


def test_L21_a_domain_that_proves_itself_may(
    post: Callable[..., Post], monkeypatch: pytest.MonkeyPatch
) -> None:
    at = post()
    under(monkeypatch, at.tower, bulk_per_day=3)
    at.intend("c00", "c01", "c02", "c03")

    at.deliver()

    assert set(at.states().values()) == {"accepted"}


@pytest.mark.parametrize(
    ("rate", "found"),
    [(0.00079, "good"), (0.0008, "warn"), (0.00099, "warn"), (0.001, "stop"), (0.3, "stop")],
)
def test_L21_commercial_email_is_warned_of_at_008_and_stops_at_010_per_cent(
    post: Callable[..., Post], rate: float, found: str
) -> None:
    at = post()
    (key,) = at.intend("c00")
    told(at.tower, rate, at.clock.at)

    at.deliver()

    assert standing(at.tower, at.clock.at) == found
    assert at.row(key)["state"] == ("intent" if found == "stop" else "accepted")


def test_L21_what_stopped_goes_on_with_a_better_figure(post: Callable[..., Post]) -> None:
    at = post()
    (key,) = at.intend("c00")
    told(at.tower, 0.002, at.clock.at - DAY)
    at.deliver()
    before = at.row(key)["state"]

    told(at.tower, 0.0001, at.clock.at)
    at.deliver()

    assert (before, at.row(key)["state"]) == ("intent", "accepted")


@pytest.mark.parametrize(("rate", "paused"), [(0.0029, 0), (0.003, 1)])
def test_L21_at_030_per_cent_all_email_is_paused_until_a_person_resumes_it(
    house: House, tmp_path: Any, rate: float, paused: int
) -> None:
    file, day = tmp_path / "rates.csv", house.tower.clock.now().isoformat()
    file.write_text(f"domain,provider,date,rate\nmail.example,gmail,{day},{rate}\n")

    initialising.import_into(house.tower, "spam_rates", file)

    assert controls.active(house.tower.ledger).height == paused


def test_L22_a_rate_that_nobody_told_is_unknown_and_not_zero(tower: Tower) -> None:
    now = tower.clock.now()
    none = standing(tower, now)
    told(tower, 0.0, now - 5 * DAY)
    old = standing(tower, now)
    told(tower, 0.0, now, domain="another.example")
    of_another = standing(tower, now)
    told(tower, 0.0, now)

    assert (none, old, of_another) == ("unknown",) * 3
    assert standing(tower, now) == "good"


@pytest.mark.parametrize("rate", [float("nan"), -0.1, 30.0])
def test_L22_a_figure_that_is_no_share_is_the_worst(tower: Tower, rate: float) -> None:
    told(tower, rate, tower.clock.now())

    assert standing(tower, tower.clock.now()) == "stop"


def test_L22_the_worst_of_several_providers_counts(tower: Tower) -> None:
    told(tower, 0.002, tower.clock.now())
    told(tower, 0.0, tower.clock.now(), provider="yahoo")

    assert standing(tower, tower.clock.now()) == "stop"


def test_L22_while_the_rate_is_unknown_commercial_email_waits_where_the_policy_says_so(
    post: Callable[..., Post], monkeypatch: pytest.MonkeyPatch
) -> None:
    at = post()
    (key,) = at.intend("c00")
    under(monkeypatch, at.tower, unknown="wait")
    at.deliver()
    before = at.row(key)["state"]

    told(at.tower, 0.0001, at.clock.at)
    at.deliver()

    assert (before, at.row(key)["state"]) == ("intent", "accepted")


def test_L22_status_says_that_the_rate_is_unknown_where_a_real_provider_delivers(
    tower: Tower,
) -> None:
    real = of(tower, providers=(PROVIDER,))

    assert any("spam rate is unknown" in one for one in troubles(real))
    assert not any("spam rate" in one for one in troubles(tower))
    assert any("[sender]" in one for one in troubles(of(real, sender=None)))
