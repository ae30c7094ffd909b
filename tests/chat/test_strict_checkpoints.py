"""Checkpoints are read strictly, or LangGraph is not used at all."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from domain.errors import ConfigurationError
from tools.strictness import SERIALISER, SWITCH, require_strict_checkpoints


def test_the_switch_is_set_before_langgraph_is_imported() -> None:
    environment = {SWITCH: "false"}

    require_strict_checkpoints(environment, {})

    assert environment[SWITCH] == "true"


def test_langgraph_imported_without_the_switch_is_refused_with_what_to_do() -> None:
    loose = SimpleNamespace(STRICT_MSGPACK_ENABLED=False)

    with pytest.raises(ConfigurationError, match="imported without"):
        require_strict_checkpoints({}, {SERIALISER: loose})


@pytest.mark.parametrize("package", ["graph.chat", "agents"])
def test_importing_our_graphs_makes_langgraph_strict(package: str) -> None:
    ours = f"import {package}; import langgraph.checkpoint.serde._msgpack as m; "
    code = ours + "print(m.STRICT_MSGPACK_ENABLED)"

    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={}
    )

    assert told.stdout.strip() == "True"
