"""Every fault point of the product, found by reading its code: what a sweep has to strike."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
FOLDERS: Final = ("app", "graph", "tools")


@dataclass(frozen=True, order=True)
class Point:
    """A constant name and the line at which the program says that it came there."""

    name: str
    where: str


def all_points(root: Path = ROOT) -> list[Point]:
    """Fault points by name. Raises ValueError where a name is no constant."""
    files = sorted(file for folder in FOLDERS for file in (root / folder).rglob("*.py"))
    return sorted(point for file in files for point in _points_in(file, root))


def names(root: Path = ROOT) -> list[str]:
    """Names of all fault points, each once, in order."""
    return sorted({point.name for point in all_points(root)})


def _points_in(file: Path, root: Path) -> Iterator[Point]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and _is_reach(node.func):
            where = f"{file.relative_to(root).as_posix()}:{node.lineno}"
            yield Point(_constant(node, where), where)


def _is_reach(called: ast.expr) -> bool:
    if isinstance(called, ast.Attribute):
        return called.attr == "reach" and getattr(called.value, "id", "") == "faultpoints"
    return isinstance(called, ast.Name) and called.id == "reach"


def _constant(call: ast.Call, where: str) -> str:
    first = call.args[0] if call.args else None
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        return first.value
    raise ValueError(f"{where}: expected a constant as a fault point's name; give it one.")
