import os
from contextlib import ExitStack

import pytest

from harness import exports, project, small_disks, spans
from harness.chromium import PATIENCE, chromium
from harness.counting import Counting
from harness.daemon import Faultline

# Clients honour these; the tests only talk to the loopback interface, never through a proxy, and trust authorities of their own.
for name in list(os.environ):
    if name.lower().endswith(("_proxy", "_ca_bundle")) or name.startswith("OTEL_"):
        del os.environ[name]


def pytest_report_header():
    return f"faultline: {project.BINARY}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A skipped test has checked nothing, whether it or a library skipped it."""
    report = yield
    if report.skipped:
        report.outcome, report.longrepr = "failed", f"skipped: {report.longrepr[2]}"
    return report


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


@pytest.fixture(scope="module")
def _long_lived():
    with Faultline() as running:
        yield running


@pytest.fixture
def survivor(_long_lived):
    """A daemon that all tests of a file mistreat; it must still work after each of them."""
    yield _long_lived
    assert _long_lived.is_running, "the daemon died; its log:\n" + "\n".join(_long_lived.log.all)
    for transport in exports.TRANSPORTS:
        with Counting(_long_lived) as change:
            assert exports.send(_long_lived, transport, spans.body(spans.span())).what == exports.TAKEN
        assert (change.received, change.accepted) == (1, 1)
    _long_lived.metrics().check_accounts()


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser):
    """As large as on a desk."""
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.set_default_timeout(PATIENCE)
    yield page
    page.close()


@pytest.fixture(params=exports.TRANSPORTS)
def export(request, survivor):
    """Sends a body to `survivor`, once over each protocol."""
    return lambda body: exports.send(survivor, request.param, body)


@pytest.fixture
def small_disk(tmp_path, monkeypatch):
    """A directory with room for one megabyte, for all programs started from now on."""
    path = tmp_path / "disk"
    path.mkdir()
    for name, value in small_disks.environment(path, tmp_path).items():
        monkeypatch.setenv(name, value)
    return path
