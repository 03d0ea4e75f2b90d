"""The description of the query API, which every answer has to match."""

import functools
import json
import re

import jsonschema

from harness import project

DESCRIPTION = json.loads((project.ROOT / "docs" / "openapi.json").read_text())


@functools.cache
def _validator(path):
    """Of the answers of a path; None if it isn't described."""
    for template, methods in DESCRIPTION["paths"].items():
        if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template)), path):
            (type, content), = methods["get"]["responses"]["200"]["content"].items()
            schema = {**content["schema"], "components": DESCRIPTION["components"]}
            return type, jsonschema.Draft202012Validator(schema)
    return None


def check(path, type, body):
    """Fails unless an answer to a question is as described."""
    found = _validator(path.partition("?")[0])
    if found is None:
        assert not path.startswith("/api/v1/"), f"{path} is not described"
        return
    described, validator = found
    assert type == described
    # Other forms of the answer are chosen by a parameter.
    if type == "application/json" and "format=" not in path:
        validator.validate(json.loads(body))
