"""The schema for editors knows what the reader knows, and is as closed as the reader is."""

import re
import tomllib
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest

from policies.json_schema import json_schema
from policies.schema import Policy

SAMPLES = Path(__file__).parents[2] / "app" / "samples"


def unknown(said: Any, schema: dict[str, Any], whole: dict[str, Any], way: str = "") -> list[str]:
    """Keys and required ones that said and schema do not share, by their way from the top."""
    for one in schema.get("anyOf", []):
        if "$ref" in one or one.get("type") != "null":
            schema = one
    if "$ref" in schema:
        schema = whole["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    match said:
        case dict():
            known = schema["properties"]
            found = [f"{way}.{key}" for key in said if key not in known]
            found += [f"{way}.{key} is missing" for key in schema["required"] if key not in said]
            for key in said.keys() & known.keys():
                found += unknown(said[key], known[key], whole, f"{way}.{key}")
            return found
        case list():
            return [line for one in said for line in unknown(one, schema["items"], whole, way)]
        case str() if "enum" in schema and said not in schema["enum"]:
            return [f"{way} may not be {said}"]
        case str() if "pattern" in schema and not re.search(schema["pattern"], said):
            return [f"{way} is not of its pattern"]
        case date():
            return [] if schema["format"] == "date" else [way]
        case time():
            return [] if schema["format"] == "time" else [way]
    return []


@pytest.mark.parametrize("file", sorted(SAMPLES.glob("*.policy.toml")), ids=lambda f: f.name)
def test_every_policy_of_the_samples_is_one_by_the_schema(file: Path) -> None:
    schema = json_schema()

    assert unknown(tomllib.loads(file.read_text()), schema, schema) == []


def test_a_misspelt_key_and_a_missing_one_are_none() -> None:
    schema = json_schema()
    said = tomllib.loads((SAMPLES / "store.policy.toml").read_text())
    said["caps"][0]["at_mots"] = said["caps"][0].pop("at_most")

    assert unknown(said, schema, schema) == [".caps.at_mots", ".caps.at_most is missing"]


def test_every_table_is_closed_and_every_field_of_the_policy_is_there() -> None:
    schema = json_schema()

    assert set(schema["properties"]) == set(Policy.model_fields)
    assert all(one["additionalProperties"] is False for one in schema["$defs"].values())


def test_an_editor_shows_the_words_that_stand_beside_a_field() -> None:
    budget = json_schema()["$defs"]["Budget"]["properties"]

    assert budget["at_most"]["description"] == "Minor units."
    assert budget["reviewed"]["description"].startswith("When the owner last asked")
