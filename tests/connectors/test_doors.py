"""Which provider delivers on which channel, and what clearance.toml may say of one."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from domain.errors import ConfigurationError
from domain.toml import read_record
from evals.faults.judge import Judge
from evals.faults.world import open_at, plant
from tests.connectors.contract import AT, delivery, tells_outcomes_in_the_warehouses_words
from tools.clock import FrozenClock
from tools.connectors.doors import HttpDoors, terms_of
from tools.connectors.sandbox import Sandbox
from tools.provider_config import ProviderConfig
from tools.workspace_config import WorkspaceConfig

FAULTS = Path(__file__).parents[2] / "evals" / "faults" / "clearance.toml"
GOOD = {
    "name": "mailer",
    "channels": ("email", "sms"),
    "url": "https://mailer.example/clearance",
    "keys": True,
    "key_hours": 24.0,
    "lookup": True,
    "token_env": "MAILER_TOKEN",
}


def config(**changes: object) -> ProviderConfig:
    return ProviderConfig.model_validate(GOOD | changes)


def workspace(*providers: str) -> WorkspaceConfig:
    text = FAULTS.read_text() + "".join(f"\n[[providers]]\n{one}\n" for one in providers)
    return read_record(WorkspaceConfig, text, "clearance.toml")


@pytest.fixture
def doors(tmp_path: Path) -> Iterator[HttpDoors]:
    with Judge(tmp_path, token="secret") as judge:
        one = config(url=f"{judge.url}/keyed", timeout_seconds=0.5)
        yield HttpDoors([one], Sandbox(tmp_path / "sandbox"), {"MAILER_TOKEN": "secret"})


def test_a_named_provider_delivers_on_its_channels_and_the_sandbox_on_the_rest(
    doors: HttpDoors,
) -> None:
    said = {
        channel: doors.provider(channel).deliver([delivery(channel, channel=channel)])[0]
        for channel in ("email", "sms", "push")
    }

    assert {one.state for one in said.values()} == {"accepted"}
    by = {channel: doors.provider(channel).terms.provider for channel in said}
    assert by == {"email": "mailer", "sms": "mailer", "push": "sandbox"}
    assert doors.rest.provider("push").lookup(list(said)).keys() == {"push"}


def test_one_provider_is_one_connector_whatever_the_channel(doors: HttpDoors) -> None:
    assert doors.provider("email") is doors.provider("sms")


def test_outcomes_are_told_in_the_warehouses_words(doors: HttpDoors) -> None:
    tells_outcomes_in_the_warehouses_words(doors)


def test_the_sandbox_makes_up_no_outcomes_of_people_a_real_provider_serves(
    doors: HttpDoors,
) -> None:
    ghosts = {"contact_id": ["C1", "C2"], "effect_id": ["g1", "g2"], "channel": ["email", "push"]}
    doors.register_ghosts(
        pl.DataFrame(ghosts).with_columns(treatment=pl.lit("m"), slot_at=pl.lit(AT))
    )

    assert isinstance(doors.rest, Sandbox)
    assert doors.rest.touched().get_column("key").to_list() == ["g2"]


def test_the_house_delivers_by_the_providers_its_workspace_names(tmp_path: Path) -> None:
    plant(tmp_path / "workspace")
    with (tmp_path / "workspace" / "clearance.toml").open("a") as file:
        file.write(f"\n[[providers]]\n{ONE}\n")

    doors = open_at(tmp_path / "workspace", FrozenClock(AT)).relay.doors

    said = [doors.provider(channel).terms.provider for channel in ("email", "ads")]
    assert said == ["one", "sandbox"]


@pytest.mark.parametrize("held", [{}, {"MAILER_TOKEN": ""}, {"MAILER_TOKEN": "two\nlines"}])
def test_a_token_that_is_not_set_is_told_by_its_variables_name(
    held: dict[str, str], tmp_path: Path
) -> None:
    doors = HttpDoors([config()], Sandbox(tmp_path), held)

    with pytest.raises(ConfigurationError, match="MAILER_TOKEN") as told:
        doors.provider("email")
    assert "lines" not in str(told.value)
    assert doors.provider("push").terms.provider == "sandbox"


def test_a_workspace_says_what_a_provider_promises() -> None:
    said = workspace(
        'name = "mailer"\nchannels = ["email"]\nurl = "https://mailer.example"\nkeys = true\n'
        'key_hours = 24\nlookup = false\nper_second = 50\ntoken_env = "MAILER_TOKEN"'
    )

    terms = terms_of(said.providers[0])

    assert (terms.provider, terms.keys, terms.key_hours, terms.lookup) == (
        "mailer",
        True,
        24,
        False,
    )
    assert (terms.per_second, terms.burst, terms.batch) == (50, 100, 500)
    assert workspace().providers == ()


ONE = 'name = "one"\nchannels = ["email"]\nurl = "https://a.example"\nkeys = true\nlookup = true'


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (ONE.replace("https://a", "http://a"), "must begin with https://"),
        (ONE.replace("https://a", "https://me:secret@a"), "no user, password"),
        (ONE.replace('"one"', '"sandbox"'), "choose another"),
        (ONE.replace('"one"', '"One Mailer"'), "providers.0.name"),
        (ONE.replace('["email"]', '["fax"]'), "providers.0.channels"),
        (ONE.replace('["email"]', "[]"), "providers.0.channels"),
        (ONE.replace("keys = true", "keys = false\nkey_hours = 24"), "`key_hours`"),
        (ONE + "\ntimeout_seconds = 60", "timeout_seconds"),
        (ONE + '\ntoken = "abc"', "`providers.0.token` is not a known key"),
        (ONE.replace("lookup = true", ""), "`providers.0.lookup` is missing"),
    ],
)
def test_what_a_provider_may_not_be_is_refused_in_one_sentence(changed: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as told:
        workspace(changed)

    assert sentence in told.value.message
    assert "\n" not in told.value.message.replace("\\n", "")


def test_a_channel_or_a_name_belongs_to_one_provider() -> None:
    other = ONE.replace('"one"', '"two"').replace("https://a", "https://b")

    with pytest.raises(ConfigurationError, match="the channel `email` belongs to two providers"):
        workspace(ONE, other)
    with pytest.raises(ConfigurationError, match="the name `one` belongs to two providers"):
        workspace(ONE, ONE.replace('["email"]', '["sms"]'))
