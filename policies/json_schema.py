"""The policy as JSON Schema, for editors that complete and check it while it is written."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from pydantic import BaseModel

from domain.record import Record
from policies.schema import Policy

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """Draft 2020-12, closed as the reader is, with the words that stand beside each field.

    It says what a value may be; that the whole makes sense is said by `clearance policy check`.
    """
    said, records = Policy.model_json_schema(), {one.__name__: one for one in _below(Record)}
    for name, one in {Policy.__name__: said, **said["$defs"]}.items():
        words = _words_of(records[name])
        for field, told in one["properties"].items():
            if field in words:
                told.setdefault("description", words[field])
    return {"$schema": DRAFT, **said, "title": "A policy of Clearance"}


def _below(record: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """The records of the policy that are made from this one."""
    for one in record.__subclasses__():
        if _is_ours(one):
            yield one
            yield from _below(one)


def _is_ours(record: type) -> bool:
    return record.__module__.startswith("policies.")


def _words_of(record: type[BaseModel]) -> dict[str, str]:
    """The text below each field, of the record and of what it is made from."""
    words: dict[str, str] = {}
    for one in reversed(record.__mro__):
        if issubclass(one, BaseModel) and _is_ours(one):
            words |= _beside(ast.parse(textwrap.dedent(inspect.getsource(one))).body[0])
    return words


def _beside(node: ast.stmt) -> dict[str, str]:
    lines = node.body if isinstance(node, ast.ClassDef) else []
    found = {}
    for field, below in pairwise(lines):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str() as text)),
            ):
                found[name] = " ".join(text.split())
    return found
