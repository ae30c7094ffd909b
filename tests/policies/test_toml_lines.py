"""The line of a key, in a text laid out in any way that TOML allows."""

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.toml_lines import line_of

LAID_OUT = '''\
top = 1 # a remark with [brackets] and = signs
"quoted key" . 'and more' = """
[not] = "a table"
""" # line 2 began it

[plain]
array = [
  1, # [
  "]",
]
inline = { a = [1], b = "}" }
[[several]]
name = "x"
[several.inner]
deep = 1
[[several.more]]
leaf = 1
[[several]]
name = \'\'\'
y = 3\'\'\'
[several.inner]
deep = 2
'''


@pytest.mark.parametrize(
    ("key", "line"),
    [
        (("top",), 1),
        (("quoted key", "and more"), 2),
        (("plain",), 6),
        (("plain", "array"), 7),
        (("plain", "array", 1), 7),
        (("plain", "inline", "b"), 11),
        (("plain", "missing"), 6),
        (("several", 0), 12),
        (("several", 0, "inner", "deep"), 15),
        (("several", 0, "more", 0, "leaf"), 17),
        (("several", 1), 18),
        (("several", 1, "name"), 19),
        (("several", 1, "inner", "deep"), 22),
        (("nowhere",), 1),
    ],
)
def test_each_key_is_found_where_it_stands(key: tuple[str | int, ...], line: int) -> None:
    tomllib.loads(LAID_OUT)

    assert line_of(LAID_OUT, key) == line


TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30)


def written(value: str) -> str:
    """A basic string of TOML."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


@settings(deadline=None)
@given(TEXTS, TEXTS, st.integers(0, 5))
def test_no_text_between_quotes_moves_a_line(name: str, value: str, empty: int) -> None:
    lines = ["\n" * empty + f"first = {written(value)}", f"[{written(name)}]", "last = 1"]
    text = "\n".join(lines)
    said: dict[str, Any] = tomllib.loads(text)

    assert said[name]["last"] == 1
    assert line_of(text, ("first",)) == empty + 1
    assert line_of(text, (name, "last")) == empty + 3
