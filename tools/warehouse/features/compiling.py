"""From declarations to one statement per kind, in which no row of later can be seen.

The statement has three steps. `seen` joins each point with the contact's rows before its instant:
nowhere else does a row come in, and what an author writes can name nothing but its columns. An
instant is whole microseconds since 1970, so that every engine counts alike. `states` aggregates;
none of its values depends on the instant but by which rows count, so that a contact whose rows
enter or leave no window keeps its state (`keeping`). The last step makes the features of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlglot import exp, parse_one

from domain.expressions import DIALECT
from tools.warehouse.features.declaring import Feature
from tools.warehouse.features.expressions import DAY, Aggregate
from tools.warehouse.features.relations import RELATIONS, Relation

BEFORE: Final = 'r."at" < p.as_of'
"""What is known by then: rows before the instant, not those at it. The touch that a training row is
about happens at its own instant, and what answered it in the same instant does too."""
CLOSED: Final = "r.closed_at < p.as_of"
HOUR: Final = DAY // 24
CALLS: Final = {
    "count": "COUNT({of})",
    "count_distinct": "COUNT(DISTINCT {of})",
    "sum": "SUM({of})",
    "min": "MIN({of})",
    "max": "MAX({of})",
    "first": 'ARG_MIN({of}, ROW("at", "key"))',
    "last": 'ARG_MAX({of}, ROW("at", "key"))',
}


@dataclass(frozen=True)
class Compiled:
    """All features of one kind's rows. `states`: SQL from the tables of the warehouse and `points`
    (point, contact_id, as_of) to `names` of states by point; `features`: SQL from a table `states`
    to the features by point."""

    relation: Relation
    features: tuple[Feature, ...]
    states: str
    made: str
    thresholds: tuple[int, ...]
    """Microseconds before the instant at which a row begins or ceases to count."""

    @property
    def statement(self) -> str:
        """One statement from rows to features: point, then each feature by its name."""
        return f"WITH states AS ({self.states}) {self.made} ORDER BY point"


def compiled(features: Sequence[Feature]) -> tuple[Compiled, ...]:
    """One for each kind of rows that the features look at."""
    kinds = dict.fromkeys(one.declared.rows for one in features)
    return tuple(
        _of_kind(RELATIONS[kind], [one for one in features if one.declared.rows == kind])
        for kind in kinds
    )


def in_dialect(statement: str, dialect: str) -> str:
    """The same statement for another engine."""
    tree = parse_one(statement, dialect=DIALECT).transform(_elsewhere)
    return str(tree.sql(dialect=dialect))


def _of_kind(relation: Relation, features: Sequence[Feature]) -> Compiled:
    calls: dict[str, str] = {}
    made = [_made(one, calls) for one in features]
    states = ", ".join(f"{call} AS {name}" for call, name in calls.items())
    return Compiled(
        relation,
        tuple(features),
        f"SELECT point, MAX(as_of) AS as_of, {states} FROM ({_seen(relation)}) AS seen "
        "GROUP BY point",
        f"SELECT point, {', '.join(made)} FROM states",
        tuple(sorted({before for one in features for before in _thresholds(one)})),
    )


def _seen(relation: Relation) -> str:
    columns = "".join(f', r."{name}"' for name in relation.columns)
    later = "".join(f', {_later(name)} AS "{name}"' for name in relation.later)
    return (
        f'SELECT p.point, p.as_of, r."key", r."at"{columns}{later} '
        f"FROM points AS p LEFT JOIN ({relation.source.strip()}) AS r "
        f"ON r.contact_id = p.contact_id AND {BEFORE}"
    )


def _later(name: str) -> str:
    """What is known since the row closed, and then only."""
    if name == "closed":
        return f"COALESCE({CLOSED}, FALSE)"
    return f'CASE WHEN {CLOSED} THEN r."{name}" END'


def _made(one: Feature, calls: dict[str, str]) -> str:
    names = [
        calls.setdefault(_call(aggregate, one), f"s{len(calls)}")
        for aggregate in one.expression.aggregates
    ]
    tree = one.expression.made.copy()
    places = {f"s{place}": name for place, name in enumerate(names)}
    for column in list(tree.find_all(exp.Column)):
        column.this.set("this", places.get(column.name, column.name))
    kind = "TEXT" if one.expression.text else "DOUBLE"
    return f'CAST({tree.sql(dialect=DIALECT, comments=False)} AS {kind}) AS "{one.name}"'


def _call(aggregate: Aggregate, one: Feature) -> str:
    call = CALLS[aggregate.how].format(of=aggregate.of or "*")
    said = f"{call} FILTER (WHERE {' AND '.join(_counting(aggregate, one))})"
    return f"CAST({said} AS BIGINT)" if aggregate.how == "sum" else said


def _counting(aggregate: Aggregate, one: Feature) -> list[str]:
    """When a row counts: in the window, come in by then, and as the author says."""
    said = [] if one.declared.days is not None else ['"at" IS NOT NULL']
    if one.declared.days is not None:
        said.append(f'"at" >= as_of - {one.declared.days * DAY}')
    if one.declared.delay_hours:
        said.append(f'"at" < as_of - {one.declared.delay_hours * HOUR}')
    if aggregate.where:
        said.append(f"({aggregate.where})")
    if aggregate.how in ("first", "last"):
        said.append(f"{aggregate.of} IS NOT NULL")
    return said


def _thresholds(one: Feature) -> tuple[int, ...]:
    window = () if one.declared.days is None else (one.declared.days * DAY,)
    return (0, one.declared.delay_hours * HOUR, *window)


def _elsewhere(node: exp.Expr) -> exp.Expr:
    """What engines call by other names: microseconds of an instant, the first and the last row."""
    if isinstance(node, exp.Anonymous) and node.name.upper() == "EPOCH_US":
        return parse_one(
            f"CAST(EXTRACT(EPOCH FROM {node.expressions[0].sql('postgres')}) * 1000000 AS BIGINT)",
            dialect="postgres",
        )
    if isinstance(node, exp.Filter) and isinstance(node.this, exp.ArgMin | exp.ArgMax):
        return _picked(node)
    return node


def _picked(node: exp.Filter) -> exp.Expr:
    way = "DESC" if isinstance(node.this, exp.ArgMax) else "ASC"
    of, where = node.this.this.sql("postgres"), node.expression.sql("postgres")
    return parse_one(
        f'(ARRAY_AGG({of} ORDER BY "at" {way}, "key" COLLATE "C" {way}) FILTER ({where}))[1]',
        dialect="postgres",
    )
