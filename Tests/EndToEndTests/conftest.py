import os
from contextlib import ExitStack

import pytest

from harness import project
from harness.daemon import Faultline

# Clients honour these; the tests talk to the loopback interface alone, by no proxy.
for name in list(os.environ):
    if name.lower().endswith("_proxy") or name.startswith("OTEL_"):
        del os.environ[name]


def pytest_report_header():
    captures = project.captures()
    return [
        f"faultline: {project.BINARY}",
        f"captures: {captures}" if captures else "captures: none here, only what Examples holds",
    ]


@pytest.fixture
def daemon():
    """A daemon with the built-in rules."""
    with Faultline() as running:
        yield running


@pytest.fixture
def serve(tmp_path):
    """Starts daemons with rules and a configuration given as text."""
    with ExitStack() as running:

        def start(rules=None, configuration=None):
            arguments = []
            for option, name, text in (
                ("--rules", "rules.yaml", rules),
                ("--config", "faultline.yaml", configuration),
            ):
                if text:
                    (tmp_path / name).write_text(text)
                    arguments += [option, tmp_path / name]
            return running.enter_context(Faultline(*arguments))

        yield start
