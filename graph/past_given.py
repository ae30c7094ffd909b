"""What contacts had been given, or were to be given, when a past run chose."""

from collections.abc import Iterator, Sequence

import polars as pl

from domain.run import Pins
from domain.tables import GIVEN
from graph.orders import given_at
from graph.tower import Tower
from policies.limit import Limit
from policies.orders import asks_history
from policies.schema import Policy
from tools.runs import RunFolder

SAID = {"owner", "reason", "since", "reviewed", "name"}
RUNS_SQL = (
    "SELECT effect_id AS decision_id, run_id FROM effect "
    "UNION SELECT decision_id, run_id FROM reservation"
)


def bring_given(
    kept: RunFolder, then: Tower, pins: Pins, was: Policy | None, later: Sequence[str]
) -> Iterator[str]:
    """Write GIVEN into the replayed run's folder; words where it is not what the run saw.

    then: the tower as of the run, under the policy that is asked about. later: the run itself and
    those after it, whose decisions nobody knew of.
    """
    policy, folder = then.loaded.policy, then.folder(pins.run_id)
    if was is not None and _rules(was) == _rules(policy) and kept.has(GIVEN.name):
        folder.write(GIVEN.name, kept.read(GIVEN.name))
    elif asks_history(policy):
        folder.write(GIVEN.name, GIVEN.conform(_known_today(then, pins, later)))
        yield "what contacts were given before: from ledger and warehouse of today"


def _known_today(then: Tower, pins: Pins, later: Sequence[str]) -> pl.DataFrame:
    """What went after the run had not gone then."""
    schema = {"decision_id": pl.String, "run_id": pl.String}
    decisions = then.ledger.frame(RUNS_SQL, schema)
    unknown = decisions.filter(pl.col("run_id").is_in(list(later)))
    known = given_at(then, pins.at).join(unknown, on="decision_id", how="anti")
    state = pl.when(pl.col("at") > pins.at).then(pl.lit("intent")).otherwise("state")
    return known.with_columns(state=state)


def _rules(policy: Policy) -> list[dict[str, object]]:
    """What the rules ask, whatever they are called and whoever owns them."""
    rules: tuple[Limit, ...] = (*policy.separations, *policy.prerequisites)
    return [one.model_dump(exclude=SAID) for one in rules]
