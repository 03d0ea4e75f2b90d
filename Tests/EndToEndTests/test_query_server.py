"""The scrape and API address: which names and clients it answers, HEAD, and how floods are logged."""

import json
import zlib

import pytest

from harness import http_client, raw, spans
from harness.counting import Counting
from harness.waiting import DEADLINE, eventually

CONFIGURATION = """\
external_url: https://Faultline.example.com:8443/monitoring
allowed_hosts: [faultline.monitoring.svc, node-1]
enable_lifecycle: true
"""


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    from harness.daemon import Faultline

    path = tmp_path_factory.mktemp("hosts") / "faultline.yaml"
    path.write_text(CONFIGURATION)
    with Faultline("--config", path) as daemon:
        yield daemon


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:9464", "10.1.2.3", "[::1]:9464", "[fe80::1%25eth0]", "localhost", "LOCALHOST:80",
     "faultline.example.com", "FAULTLINE.example.com:8443", "faultline.monitoring.svc:9464", "node-1"],
)
@pytest.mark.parametrize("path", ["/metrics", "/-/healthy", "/api/v1/status"])
def test_its_own_addresses_and_names_are_answered(named, path, host):
    assert raw.get(named.query, path, Host=host)[0] == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "faultline.example.com.evil.example", "evil.example:9464", "localhost.evil.example", "127.0.0.1.nip.io",
     "1.2.3", "256.1.1.1", "example.com"],
)
@pytest.mark.parametrize("path", ["/metrics", "/-/healthy", "/api/v1/status", "/nothing"])
def test_other_names_are_forbidden_and_counted(named, path, host):
    with Counting(named) as change:
        status, _, body = raw.get(named.query, path, Host=host)
    assert status == 403
    assert b"allowed_hosts" in body
    assert change.refused["query"] == {"wrong_host": 1}


SAME, FOREIGN = 200, 403


@pytest.mark.parametrize(
    "fields, status",
    [
        ({}, SAME),
        ({"Origin": "http://localhost"}, SAME),
        ({"Origin": "http://LOCALHOST:80"}, SAME),
        ({"Origin": "https://faultline.example.com:8443"}, SAME),
        ({"Origin": "http://evil.example"}, FOREIGN),
        ({"Origin": "null"}, FOREIGN),
        ({"Origin": ""}, FOREIGN),
        ({"Origin": "http://localhost.evil.example"}, FOREIGN),
        ({"Origin": "http://localhost:1"}, FOREIGN),
        # Another scheme is another site; only that of external_url is known to be ours.
        ({"Origin": "https://localhost"}, FOREIGN),
        ({"Origin": "https://localhost:80"}, FOREIGN),
        ({"Origin": "ftp://localhost"}, FOREIGN),
        ({"Origin": "http://faultline.example.com:8443"}, FOREIGN),
        ({"Origin": "https://faultline.example.com"}, FOREIGN),
        ({"Origin": "http://localhost/"}, FOREIGN),
        ({"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}, SAME),
        ({"Sec-Fetch-Site": "none"}, SAME),
        ({"Sec-Fetch-Site": "cross-site"}, FOREIGN),
        ({"Sec-Fetch-Site": "same-site"}, FOREIGN),
        ({"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"}, FOREIGN),
        ({"Referer": "http://localhost/page?x#y"}, SAME),
        ({"Referer": "https://faultline.example.com:8443/monitoring/"}, SAME),
        ({"Referer": "http://evil.example/http://localhost/"}, FOREIGN),
        ({"Referer": "http://localhost@evil.example/"}, FOREIGN),
        ({"Referer": "https://localhost/"}, FOREIGN),
        ({"Referer": "about:blank"}, FOREIGN),
        # Origin is more reliable.
        ({"Origin": "http://localhost", "Referer": "http://evil.example/"}, SAME),
    ],
)
def test_a_page_of_another_origin_changes_nothing(named, fields, status):
    with Counting(named) as change:
        assert raw.get(named.query, "/-/reload", "POST", Host="localhost", Content_Length="0", **fields)[0] == status
    assert change.refused["query"] == ({"wrong_origin": 1} if status == FOREIGN else {})


def test_of_two_origins_both_must_be_allowed(named):
    request = b"POST /-/reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nOrigin: http://localhost\r\n"
    assert raw.answer(named.query, request + b"Origin: http://evil.example\r\n\r\n") == "HTTP/1.1 403 Forbidden"


def test_a_page_of_another_origin_may_read_nothing(named):
    """The browser decides about reading, and the reply gives it no permission."""
    status, headers, _ = raw.get(named.query, "/metrics", Host="localhost", Origin="http://evil.example")
    assert status == 200
    assert not [name for name in headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize(
    "path",
    ["/metrics", "/-/healthy", "/-/ready", "/api/v1/operations", "/api/v1/rules", "/-/reload", "/nothing",
     "/api/v1/operations?limit=x", "/api/v1/traces/1"],
)
@pytest.mark.parametrize("host", ["localhost", "evil.example"])
def test_head_is_get_without_its_body(named, path, host):
    status, fields, body = raw.get(named.query, path, "HEAD", Host=host)
    expected, wanted, _ = raw.get(named.query, path, Host=host)
    assert (status, body) == (expected, b"")
    del fields["Date"], wanted["Date"]
    assert sorted(fields.items()) == sorted(wanted.items())
    if wanted["Content-Length"]:
        assert int(fields["Content-Length"]) > 0


@pytest.mark.parametrize("path", ["/metrics", "/-/healthy", "/nothing", "/-/reload"])
def test_the_reply_to_head_is_followed_by_the_next_one(named, path):
    head = f"HEAD {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"
    last = "GET /-/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with raw.connect(named.query) as connection:
        raw.send(connection, (head + last).encode())
        first, second, body = raw.read_to_end(connection).split(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 ") and second.startswith(b"HTTP/1.1 200 OK\r\n")
    assert body == b"ready\n"


def test_only_requested_operations_are_listed(daemon):
    for service in ("etcd", "apiserver"):
        made = spans.body(*[spans.span(f"operation {number}") for number in range(5)], service=service)
        assert http_client.send(daemon.http, made).status == 200

    def operations(query):
        return json.loads(raw.get(daemon.query, f"/api/v1/operations?{query}")[2])

    assert {row["service"] for row in operations("service=etcd")} == {"etcd"}
    assert len(operations("service=etcd")) == 5
    assert len(operations("limit=3")) == 3
    assert len(operations("service=etcd&limit=3")) == 3
    assert operations("service=nobody") == []
    assert len(json.loads(raw.get(daemon.query, "/api/v1/requests?limit=1")[2])) <= 1


@pytest.mark.parametrize("type", ["text/plain", "application/openmetrics-text"])
def test_a_compressed_scrape_has_the_same_series(daemon, type):
    made = [spans.span(f"operation {number}", duration=number * 1_234_567) for number in range(600)]
    assert http_client.send(daemon.http, spans.body(*made)).status == 200
    _, plain_fields, plain = raw.get(daemon.query, "/metrics", Accept=type)
    _, fields, compressed = raw.get(daemon.query, "/metrics", Accept=type, Accept_Encoding="gzip")
    assert (plain_fields["Content-Encoding"], fields["Content-Encoding"]) == (None, "gzip")
    assert (fields["Content-Type"], fields["Vary"]) == (plain_fields["Content-Type"], "Accept, Accept-Encoding")
    # One member: not every client reads more.
    decompressor = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    content = decompressor.decompress(compressed)
    assert decompressor.eof and not decompressor.unused_data
    assert len(compressed) < len(content) / 8

    def series_of_operations(text):
        return [line for line in text.decode().splitlines() if "faultline_operation" in line]

    assert len(series_of_operations(content)) > 600 * 19
    assert series_of_operations(content) == series_of_operations(plain)


def test_a_flood_of_one_cause_is_logged_in_one_line_and_then_counted(daemon):
    for _ in range(200):
        assert raw.get(daemon.query, Host="evil.example")[0] == 403
    assert len(daemon.log.matching("refused", "reason=wrong_host")) <= 2
    eventually(
        lambda: daemon.log.matching("refused", "reason=wrong_host", "since_last_line="), "the number of them",
        deadline=2 * DEADLINE,
    )
    (line, *_) = daemon.log.matching("reason=wrong_host")
    assert "peer=127.0.0.1:" in line and "transport=query" in line


def test_a_flood_of_reloads_does_not_fill_the_log(named):
    before = len(named.log.matching("rules reloaded"))
    for _ in range(100):
        assert raw.get(named.query, "/-/reload", "POST", Content_Length="0")[0] in (200, 429)
    assert len(named.log.matching("rules reloaded")) - before < 30


@pytest.mark.parametrize(
    ("method", "path", "status", "reason"),
    [
        ("GET", "/api/v1/nope", 404, "unknown_path"), ("POST", "/nope", 404, "unknown_path"),
        ("DELETE", "/metrics", 405, "wrong_method"), ("POST", "/api/v1/alerts", 405, "wrong_method"),
        ("GET", "/-/reload", 405, "wrong_method"), ("PUT", "/api/v1/traces/1", 405, "wrong_method"),
    ],
)
def test_a_request_without_a_route_is_refused_and_counted(survivor, method, path, status, reason):
    before = survivor.metrics().refused("query").get(reason, 0)
    answer, headers, content = raw.get(survivor.query, path, method)
    assert answer == status
    if status == 404:
        assert b"no such path; known paths are /-/healthy, " in content
    else:
        assert headers["Allow"] == ("POST" if path == "/-/reload" else "GET, HEAD")
    assert survivor.metrics().refused("query")[reason] == before + 1
    assert survivor.log.matching("refused", f"reason={reason}", "transport=query")


def test_the_paths_suggested_for_an_unknown_one_exist(survivor):
    told = raw.get(survivor.query, "/nope")[2].decode().partition("known paths are ")[2]
    paths = [word.strip(",") for word in told.split() if word.startswith("/") and "ID" not in word and "reload" not in word]
    assert {"/metrics", "/api/v1/status", "/api/v1/events"} <= set(paths)
    # Jaeger's have parameters that can't be left out.
    plain = [path for path in paths if not any(part.isupper() for part in path.split("/"))]
    for path in [path for path in plain if not path.startswith("/api/") or path.startswith("/api/v1/")]:
        # The answer to a GET of events doesn't end.
        assert raw.get(survivor.query, path, "HEAD")[0] == 200
