"""The daemon answers every path of its own that a document, a message or an alert's hint mentions."""

import re

import pytest

from harness import project
from harness.command import faultline

PATH = re.compile(r"(?<![\w./])/(?:api(?:/v[0-9]+)?/[\w/]+|-/\w+|metrics)(?![\w./*…%-])")
# Paths of other programs: Alertmanager's for alerts, the API server's for objects.
FOREIGN = re.compile(r"/api/v2/alerts|/api/v1/(namespaces|pods|nodes|watch|events|configmaps|secrets|services)\b.*|/api(/v[0-9]|/metrics)?/?$")


def texts():
    yield "built-in rules", faultline("builtin-rules").output
    for path in [project.ROOT / "README.md", *sorted((project.ROOT / "docs").rglob("*.md"))]:
        yield path.name, path.read_text()
    for path in sorted((project.ROOT / "Sources").rglob("*.swift")):
        # Text between quotes, as in messages; the routes themselves come from the list of resources.
        found = re.findall(r'"(?:[^"\\]|\\.)*"', path.read_text())
        yield path.name, "\n".join(text for text in found if not text.startswith('"/'))


def named():
    found = {}
    for name, text in texts():
        for path in PATH.findall(text):
            if not FOREIGN.fullmatch(path):
                found.setdefault(path, name)
    return found


def test_the_built_in_rules_name_paths():
    assert PATH.findall(faultline("builtin-rules").output)


def test_paths_that_are_named_anywhere_are_answered(daemon):
    missing = []
    for path, where in named().items():
        real = re.sub(r"\b(ID|TRACE_ID)\b", "0af7651916cd43dd8448eb211c80319c", path)
        status, _, body = daemon.get(real)
        # A missing trace gets a message of its own; an unknown path doesn't, or takes another method.
        if status == 404 and b"no such path" in body and not path.endswith("/reload"):
            missing.append(f"{path} ({where})")
    assert not missing
