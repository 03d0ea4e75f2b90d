"""Paths in requests to the query port are taken to the letter (RFC 3986): other spellings are other paths, which aren't there."""

import json

import pytest

from harness import raw
from harness.daemon import Faultline

UNKNOWN = [
    "//", "/./", "/.", "/..", "/../x", "/%2e%2e/etc/passwd", "/%2E%2E/%2E%2E/etc/passwd", "/%00", "/a%", "/%",
    "//api/v1/status", "/api//v1/status", "/api/v1//status", "/api/v1/status//", "/./api/v1/status",
    "/api/v1/./status", "/api/v1/x/../status", "/api/../metrics", "/metrics/.", "//metrics", "/%6detrics",
    "/api/v1/st%61tus", "/api%2fv1%2fstatus", "/api/v1/status%3f", "/api/v1/status%00", "/api/v1/status;a=b", "/API/v1/status",
    "/-//ready", "/%2d/ready", "/-/./ready", "/assets/../assets/page.css", "/assets/..%2f..%2fetc%2fpasswd",
    "/assets/%2e%2e", "/assets/", "/runbooks/", "/runbooks/..", "/runbooks/%2e%2e%2fREADME", "/api/traces//",
]


@pytest.fixture(scope="module")
def daemon():
    with Faultline("--jaeger", "127.0.0.1:0") as daemon:
        yield daemon


@pytest.mark.parametrize("path", UNKNOWN)
def test_another_spelling_of_a_path_is_not_found(daemon, path):
    status, fields, body = raw.get(daemon.query, path)
    assert status == 404, body
    if fields["Content-Type"] == "application/json":
        assert set(json.loads(body)) <= {"error", "errors", "data", "total", "limit", "offset"}
    assert b"root:" not in body and b"<html" not in body


@pytest.mark.parametrize("path", ["/api/traces/../services", "//api/services", "//", "/-//ready"])
def test_so_it_is_on_the_port_for_jaegers_clients(daemon, path):
    assert raw.get(daemon.address_of("Jaeger's API"), path)[0] == 404


@pytest.mark.parametrize("path", ["/api/v1/traces/..", "/api/v1/traces/%2e%2e", "/api/v1/traces/a%2fb"])
def test_an_id_that_is_none_is_refused(daemon, path):
    status, _, body = raw.get(daemon.query, path)
    assert status == 400 and "32 hexadecimal digits" in json.loads(body)["error"]


@pytest.mark.parametrize("path", ["/", "/?a=//", "/api/v1/status?from=-5m", "/metrics", "/metrics/", "/-/ready/"])
def test_the_path_itself_is_found(daemon, path):
    assert raw.get(daemon.query, path)[0] == 200


def test_no_spelling_of_the_open_paths_opens_another(tmp_path):
    (tmp_path / "token").write_text("secret\n")
    (tmp_path / "faultline.yaml").write_text("listen: {token_file: token}\n")
    with Faultline("--config", tmp_path / "faultline.yaml") as guarded:
        assert raw.get(guarded.query, "/-/healthy")[0] == 200
        for path in ("/-//healthy", "//-/healthy", "/-/healthy/", "/-/healthy/../metrics", "/-/healthy/..//metrics", "/metrics", "//"):
            assert raw.get(guarded.query, path)[0] == 401, path
