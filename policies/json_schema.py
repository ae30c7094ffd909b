"""The policy as JSON Schema, for editors that complete and check it while it is written."""

import ast
import inspect
import textwrap
from itertools import pairwise
from typing import Any

from pydantic import BaseModel

from policies import schema
from policies.schema import Policy

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """Draft 2020-12, closed as the reader is, with the words that stand beside each field.

    It says what a value may be; that the whole makes sense is said by `clearance policy check`.
    """
    said = Policy.model_json_schema()
    for name, one in {Policy.__name__: said, **said["$defs"]}.items():
        words = _words_of(getattr(schema, name))
        for field, told in one["properties"].items():
            if field in words:
                told.setdefault("description", words[field])
    return {"$schema": DRAFT, **said, "title": "A policy of Clearance"}


def _words_of(record: type[BaseModel]) -> dict[str, str]:
    """The text below each field, of the record and of what it is made from."""
    words: dict[str, str] = {}
    for one in reversed(record.__mro__):
        if issubclass(one, BaseModel) and one.__module__ == schema.__name__:
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
