"""What the evidence states of deliveries: a relay killed in flight, and throughput.

python -m evals.faults.measured flight
python -m evals.faults.measured throughput
"""

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer

from evals.faults.flight import BATCH, Flight, fly
from evals.faults.judge import Judge
from evals.faults.judge_ledger import KINDS
from evals.faults.postgres import drop, postgres_url
from evals.faults.throughput import measure
from tools.connectors.doors import HttpDoors
from tools.connectors.sandbox import Sandbox
from tools.provider_config import ProviderConfig

PROVIDERS: Final = ("keyed", "lookup", "blind")
ENGINES: Final = ("sqlite", "postgres")
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Engines = Annotated[list[str] | None, typer.Option("--engine", help="sqlite, postgres; or both.")]
cli = typer.Typer(help="Figures of deliveries, measured.", no_args_is_help=True)


def doors_to(url: str, kind: str, batch: int, folder: Path) -> HttpDoors:
    """The product's doors, with one of the judge's providers for every channel."""
    config = ProviderConfig(
        name=kind,
        channels=("email", "call", "ads"),
        url=f"{url}/{kind}",
        keys=KINDS[kind].keys,
        lookup=KINDS[kind].lookup,
        batch=batch,
        timeout_seconds=15.0,
    )
    return HttpDoors([config], Sandbox(folder), {})


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="clearance-measured-") as folder:
        yield Path(folder)


def fly_to(kind: str, engine: str, people: int, kills: int, seed: int) -> Flight:
    """One flight, with a judge of its own."""
    url = postgres_url() if engine == "postgres" else None
    with _folder() as folder, Judge(folder, forked=True) as judge:
        found = fly(
            folder / "workspace",
            kind,
            lambda: doors_to(judge.url, kind, BATCH, folder / "rest"),
            lambda: Counter(line["key"] for line in judge.acts()),
            people,
            kills,
            url,
            seed,
        )
    if url is not None:
        drop(url)
    return found


@cli.command()
def flight(
    engine: Engines = None,
    provider: Annotated[list[str] | None, typer.Option(help="keyed, lookup, blind.")] = None,
    people: Annotated[int, typer.Option(help="Effects in flight.")] = 5000,
    kills: Annotated[int, typer.Option(help="Times the relay is killed.")] = 20,
    seed: int = 0,
    as_json: Json = False,
) -> None:
    """Kill the relay again and again while it delivers; exit 1 where an effect was lost, was done
    twice, or is not what the ledger says.

    Example: python -m evals.faults.measured flight --provider blind --kills 5
    """
    found = []
    for one in engine or ENGINES:
        for kind in provider or PROVIDERS:
            found.append(fly_to(kind, one, people, kills, seed))
            _say(_sentence(found[-1]), as_json)
    _end([asdict(one) for one in found], as_json)
    if any(one.lost or one.unlike or max(one.acts) > 1 for one in found):
        raise typer.Exit(1)


def _sentence(one: Flight) -> str:
    return (
        f"{one.engine}, {one.provider}: {one.effects:,} effects, {one.kills} kills; done once "
        f"{one.acts.get(1, 0):,}, twice or more "
        f"{sum(n for times, n in one.acts.items() if times > 1)}, "
        f"parked {one.parked}, lost {one.lost}; {one.seconds:.0f} s"
    )


@cli.command()
def throughput(
    engine: Engines = None,
    people: Annotated[int, typer.Option(help="Effects.")] = 20_000,
    repeats: Annotated[int, typer.Option(help="Times each engine is measured.")] = 5,
    as_json: Json = False,
) -> None:
    """Intents committed and effects delivered a second, to a provider on loopback.

    Example: python -m evals.faults.measured throughput --people 5000 --repeats 3
    """
    found = []
    for one in engine or ENGINES:
        with _folder() as folder, Judge(folder, forked=True) as judge:
            doors = doors_to(judge.url, "keyed", 2_000, folder / "rest")
            found.append(measure(one, doors, people, repeats).as_dict())
        _say(json.dumps(found[-1]), as_json)
    _end(found, as_json)


def _say(sentence: str, as_json: bool) -> None:
    if not as_json:
        sys.stdout.write(f"{sentence}\n")
        sys.stdout.flush()


def _end(found: list[dict[str, object]], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    cli()
