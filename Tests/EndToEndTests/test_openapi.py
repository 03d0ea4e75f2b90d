"""docs/openapi.json describes the query API: it is generated, and every answer that tests read is checked against it."""

import json

import jsonschema
import pytest

from harness import openapi
from harness.command import faultline


def test_the_description_is_what_make_docs_writes():
    assert json.loads(faultline("openapi").output) == openapi.DESCRIPTION, "docs/openapi.json is out of date: run make docs"


def test_a_daemon_describes_itself(daemon):
    status, type, body = daemon.get("/api/v1/openapi.json")
    assert (status, type, json.loads(body)) == (200, "application/json", openapi.DESCRIPTION)


def test_every_path_under_the_prefix_is_described(daemon):
    told = daemon.get("/nothing")[2].decode().partition("known paths are ")[2]
    paths = {word.strip(",") for word in told.split() if word.startswith("/api/v1/")}
    assert {path.replace("{id}", "ID") for path in openapi.DESCRIPTION["paths"]} == paths


def resolve(value):
    if isinstance(value, dict):
        if "$ref" in value:
            found = openapi.DESCRIPTION
            for name in value["$ref"].removeprefix("#/").split("/"):
                found = found[name]
        for part in value.values():
            resolve(part)
    elif isinstance(value, list):
        for part in value:
            resolve(part)


def test_all_references_lead_somewhere():
    resolve(openapi.DESCRIPTION)
    operations = [methods["get"]["operationId"] for methods in openapi.DESCRIPTION["paths"].values()]
    assert len(set(operations)) == len(operations)


def test_every_answer_may_be_a_refusal_and_computed_ones_may_be_late():
    for path, methods in openapi.DESCRIPTION["paths"].items():
        codes = set(methods["get"]["responses"])
        assert {"200", "400", "401", "403"} <= codes
        is_ready = path.endswith("/openapi.json")
        assert ("429" in codes) != is_ready
        assert ("504" in codes) != (is_ready or path.endswith("/events"))


@pytest.mark.parametrize(
    "answer", [[{}], {}, [{"alert": 1}], None],
)
def test_an_answer_of_another_shape_is_found(answer):
    with pytest.raises(jsonschema.ValidationError):
        openapi.check("/api/v1/alerts?limit=1", "application/json", json.dumps(answer))
