"""Which model is asked is said by the environment, whole or not at all."""

import pytest

from domain.errors import ConfigurationError
from tools.llm.settings import model_settings


def test_no_names_no_model() -> None:
    assert model_settings({}) is None
    assert model_settings({"OPENAI_API_KEY": "k"}) is None


def test_an_endpoint_and_a_model_are_enough() -> None:
    named = {"CLEARANCE_LLM_MODEL": "m", "CLEARANCE_LLM_BASE_URL": "http://127.0.0.1:1/v1"}

    found = model_settings(named)

    assert found is not None
    assert (found.model, found.api_key, found.strategy) == ("m", None, "json_schema")


def test_bounds_are_read_from_text() -> None:
    named = {
        "CLEARANCE_LLM_MODEL": "m",
        "OPENAI_API_KEY": "canary-key",
        "CLEARANCE_LLM_TIMEOUT": "3.5",
        "CLEARANCE_LLM_MAX_TOKENS": "100",
        "CLEARANCE_LLM_STRATEGY": "function_calling",
    }

    found = model_settings(named)

    assert found is not None
    assert (found.timeout_seconds, found.max_tokens) == (3.5, 100)
    assert found.strategy == "function_calling"
    assert "canary-key" not in repr(found)


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ({"CLEARANCE_LLM_BASE_URL": "http://x"}, "no model"),
        ({"CLEARANCE_LLM_MODEL": "m"}, "nobody to ask"),
        ({"CLEARANCE_LLM_MODEL": "m", "CLEARANCE_LLM_BASE_URL": "file:///x"}, "base_url"),
        (
            {"CLEARANCE_LLM_MODEL": "m", "OPENAI_API_KEY": "k", "CLEARANCE_LLM_TIMEOUT": "soon"},
            "timeout_seconds",
        ),
    ],
)
def test_half_a_model_stops_the_start_with_one_sentence(named: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        model_settings(named)
