"""The samples: whole, importable, the same every time, and honest about what is made up."""

import gzip
import hashlib
import re
import tomllib
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest

from app.samples import SAMPLES, SampleFiles, build
from app.samples.writing import DATA
from domain.errors import UsageError
from domain.toml import read_record
from policies.loading import load
from tools.connectors.responses import RESPONSES, SEGMENTS
from tools.runs import sha256_of
from tools.warehouse.importing import import_file
from tools.warehouse.kinds import KINDS
from tools.warehouse.store import MergeReport, Warehouse
from tools.workspace_config import WorkspaceConfig


class Consents:
    """Takes statements in as the ledger would."""

    def __init__(self) -> None:
        self.rows = pl.DataFrame()

    def merge(self, kind: str, frame: pl.DataFrame) -> MergeReport:
        self.rows = frame
        return MergeReport(frame.height, 0, 0)


class World:
    """One sample, built and imported."""

    def __init__(self, name: str, folder: Path) -> None:
        scratch = folder / "files"
        scratch.mkdir()
        self.name = name
        self.files: SampleFiles = build(name, scratch)
        self.config = read_record(WorkspaceConfig, self.files.config_text, name)
        self.warehouse = Warehouse(folder / "warehouse")
        self.consents = Consents()
        self.reports = {
            kind: import_file(
                kind,
                file,
                self.config.currency,
                self.consents if kind == "consents" else self.warehouse,
                folder / "quarantine",
            )
            for kind, file in self.files.imports
        }

    def raw(self, kind: str) -> pl.DataFrame:
        return pl.read_parquet(dict(self.files.imports)[kind])


@pytest.fixture(scope="module")
def worlds() -> Iterator[dict[str, World]]:
    with TemporaryDirectory() as folder:
        made = {}
        for name in SAMPLES:
            place = Path(folder) / name
            place.mkdir()
            made[name] = World(name, place)
        yield made


@pytest.fixture(params=SAMPLES)
def world(worlds: dict[str, World], request: pytest.FixtureRequest) -> World:
    return worlds[request.param]


def test_every_row_of_every_sample_is_loaded_and_none_quarantined(world: World) -> None:
    assert {kind for kind, one in world.reports.items() if one.quarantined} == set()
    assert all(one.loaded == one.read > 0 for one in world.reports.values())


def test_a_sample_has_the_size_its_page_says(worlds: dict[str, World]) -> None:
    sizes = {name: one.warehouse.table("contacts").height for name, one in worlds.items()}

    assert sizes == {"company": 5_000, "store": 64_000, "bank": 45_211}
    assert worlds["company"].warehouse.table("accounts").height == 400


@pytest.mark.parametrize("name", SAMPLES)
def test_two_builds_give_the_same_bytes(
    worlds: dict[str, World], name: str, tmp_path: Path
) -> None:
    again = build(name, tmp_path)

    first = worlds[name].files
    assert hashes(again) == hashes(first)
    assert (again.config_text, again.policy_text) == (first.config_text, first.policy_text)


def hashes(files: SampleFiles) -> dict[str, str]:
    return {name: sha256_of(file) for name, file in (*files.imports, *files.sandbox)}


def test_a_sample_no_one_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="company, store, bank"):
        build("bakery", tmp_path)


def test_the_policy_is_whole_and_every_limit_says_why(world: World, tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(world.files.policy_text)

    policy = load(file).policy

    assert policy.agents == ("email", "ads", "sales")
    assert policy.holdout.share == 0.05


def test_the_configuration_names_the_sample_and_its_starting_instant_is_aware(
    world: World,
) -> None:
    assert world.config.sample == world.name
    assert world.config.clock == "sample"
    assert world.files.starts_at.tzinfo == UTC
    assert world.files.starts_at.weekday() == 0


def test_nothing_happened_after_the_clock_starts(world: World) -> None:
    late = {
        kind: world.raw(kind).filter(pl.col("at") > world.files.starts_at).height
        for kind in ("consents", "touches", "outcomes", "events")
        if kind in world.reports
    }

    assert set(late.values()) == {0}


def test_every_row_says_where_it_comes_from(world: World) -> None:
    unsaid = [kind for kind in world.reports if world.raw(kind)["source"].null_count()]

    assert unsaid == []


def test_what_is_made_up_simulated_or_real_is_said_in_the_note(worlds: dict[str, World]) -> None:
    notes = {name: one.config.note for name, one in worlds.items()}

    assert "made up" in notes["company"]
    assert "Hillstrom" in notes["store"]
    assert "simulated" in notes["store"]
    assert "CC BY 4.0" in notes["bank"]
    assert "declared prior" in notes["bank"]
    assert all("made up" in note for note in notes.values())


def test_consents_of_every_standing_give_the_guardrails_work(world: World) -> None:
    said = world.consents.rows
    channels = said["channel"].unique().to_list()
    states = said["state"].unique().sort().to_list()
    ran_out = said.filter(pl.col("expires_at") < world.files.starts_at)
    people = world.warehouse.table("contacts").height

    assert states == ["granted", "objected", "withdrawn"]
    assert ran_out.height > 0
    for channel in channels:
        asked = said.filter(pl.col("channel") == channel)["contact_id"].n_unique()
        assert 0.9 * people < asked < people


def test_some_contacts_lack_zone_or_country(world: World) -> None:
    contacts = world.warehouse.table("contacts")

    assert 0.01 < contacts["timezone"].null_count() / contacts.height < 0.12
    assert 0.01 < contacts["country"].null_count() / contacts.height < 0.12


def test_every_treatment_that_may_act_has_a_prior_or_a_past(world: World) -> None:
    treatments = world.warehouse.table("treatments")
    tried = world.warehouse.table("touches")["treatment_id"].unique().to_list()
    believed = [one.channel for one in world.config.priors]

    known = pl.col("treatment_id").is_in(tried) | pl.col("channel").is_in(believed)
    assert treatments.filter(~known).is_empty()


def test_the_sandbox_knows_every_contact_and_every_answer_has_a_control(world: World) -> None:
    given = dict(world.files.sandbox)
    table = pl.read_parquet(given[RESPONSES])
    segments = pl.read_parquet(given[SEGMENTS])

    alone = table.filter(pl.col("treatment") == "nothing")
    assert segments.height == world.warehouse.table("contacts").height
    assert set(segments["segment"]) <= set(alone["segment"])
    assert alone.filter(pl.col("kind") == world.config.objective.outcome).height > 0
    assert table["probability"].is_between(0, 1).all()


def test_the_length_of_a_call_stands_nowhere_since_nobody_knows_it_before(
    worlds: dict[str, World],
) -> None:
    bank = worlds["bank"]
    columns = {column for kind in bank.reports for column in bank.raw(kind).columns}
    columns |= {one for kind in KINDS for one in bank.warehouse.table(kind).columns}

    assert "poutcome" in columns
    assert not {"duration", "y"} & columns


def test_the_shipped_files_are_the_published_ones() -> None:
    named = re.findall(
        r"^\| `([\w.-]+)` .*`([0-9a-f]{64})` \|$", (DATA / "ORIGIN.md").read_text(), re.MULTILINE
    )

    found = {name: hashlib.sha256(content(DATA / name)).hexdigest() for name, _ in named}

    assert found == dict(named)
    assert set(found) == {"hillstrom.csv.gz", "bank-full.csv.gz", "robyn_weekly.csv"}


def content(file: Path) -> bytes:
    raw = file.read_bytes()
    return gzip.decompress(raw) if file.suffix == ".gz" else raw


def test_the_policies_of_the_samples_are_toml_a_person_can_read(world: World) -> None:
    lines = world.files.policy_text.splitlines()

    assert max(len(line) for line in lines) <= 110
    assert sum(line.startswith("#") for line in lines) >= 5
    assert tomllib.loads(world.files.policy_text)["name"] == world.name
