"""Which language model to ask, and how much of it: read from the environment once, by the app."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError

from domain.errors import ConfigurationError
from domain.record import Record
from domain.toml import first_problem

Strategy = Literal["json_schema", "function_calling"]


class ModelSettings(Record):
    """An endpoint and its bounds. The key never leaves SecretStr but to the client."""

    model: Annotated[str, Field(min_length=1)]
    base_url: Annotated[str, Field(pattern=r"^https?://")] | None
    """None: the client's own default."""
    api_key: SecretStr | None
    timeout_seconds: Annotated[float, Field(gt=0, le=300)] = 20.0
    """For one whole answer, from request to last byte."""
    max_tokens: Annotated[int, Field(ge=16, le=8192)] = 600
    max_bytes: Annotated[int, Field(ge=1024)] = 1_000_000
    strategy: Strategy = "json_schema"


def model_settings(environment: Mapping[str, str]) -> ModelSettings | None:
    """The model that the environment names; None where it names none.

    CLEARANCE_LLM_MODEL with CLEARANCE_LLM_BASE_URL or OPENAI_API_KEY; optional
    CLEARANCE_LLM_API_KEY (wins over OPENAI_API_KEY), CLEARANCE_LLM_TIMEOUT in seconds,
    CLEARANCE_LLM_MAX_TOKENS, CLEARANCE_LLM_STRATEGY. A key alone names no model: many machines
    carry one for other programs. Raises ConfigurationError where half a model is named.
    """
    model = environment.get("CLEARANCE_LLM_MODEL", "")
    base_url = environment.get("CLEARANCE_LLM_BASE_URL", "")
    key = environment.get("CLEARANCE_LLM_API_KEY") or environment.get("OPENAI_API_KEY", "")
    if not model and not base_url:
        return None
    if not model:
        raise ConfigurationError(
            "CLEARANCE_LLM_BASE_URL names an endpoint, but no model.", "Set CLEARANCE_LLM_MODEL."
        )
    if not base_url and not key:
        raise ConfigurationError(
            "CLEARANCE_LLM_MODEL names a model, but nobody to ask.",
            "Set CLEARANCE_LLM_BASE_URL or OPENAI_API_KEY.",
        )
    named = {"model": model, "base_url": base_url or None, "api_key": key or None}
    return _read(named | _bounds(environment))


def _bounds(environment: Mapping[str, str]) -> dict[str, object]:
    names = {
        "timeout_seconds": "CLEARANCE_LLM_TIMEOUT",
        "max_tokens": "CLEARANCE_LLM_MAX_TOKENS",
        "strategy": "CLEARANCE_LLM_STRATEGY",
    }
    return {field: environment[name] for field, name in names.items() if environment.get(name)}


def _read(named: dict[str, object]) -> ModelSettings:
    try:
        return ModelSettings.model_validate(named, strict=False)  # the environment is all text
    except ValidationError as error:
        raise ConfigurationError(
            f"The language model's settings: {first_problem(error)}",
            "See docs/chat.md for the names.",
        ) from None
