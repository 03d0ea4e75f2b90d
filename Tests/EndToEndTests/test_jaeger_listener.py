"""Jaeger's query API on an address of its own: what it answers, for whom, and that it is off unless it is named."""

import json
import ssl
import urllib.error
import urllib.request

import pytest

from harness import now
from harness.certificates import Authority
from harness.command import faultline
from harness.daemon import Faultline
from harness.waiting import DEADLINE, eventually
from test_jaeger_api import V1_CLIENT, V3_CLIENT, client

READ, GRAFANA = "read-4jd", "grafana-9s"


class Address:
    """Jaeger's address of a daemon, under the name by which the clients look for it."""

    def __init__(self, daemon, context=None):
        self.query = daemon.address_of("Jaeger's API")
        self.context = context

    def get(self, path, token=None, host=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= {"Host": host} if host else {}
        scheme = "https" if self.context else "http"
        request = urllib.request.Request(f"{scheme}://{self.query}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE, context=self.context) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()


@pytest.fixture(scope="module")
def daemon():
    with Faultline("--jaeger", "127.0.0.1:0") as running:
        now.send(running, now.messages())
        yield running


@pytest.fixture(scope="module")
def jaeger(daemon):
    return Address(daemon)


@pytest.mark.parametrize(
    "path",
    ["/api/services", "/api/services/etcd/operations", "/api/operations?service=etcd", "/api/dependencies", "/api/v3/services"],
)
def test_it_answers_as_the_address_of_scrape_and_api_does(daemon, jaeger, path):
    status, body = jaeger.get(path)
    assert (status, body) == (200, daemon.get(path)[2])


def test_real_clients(jaeger):
    assert client("jaeger-mcp", V1_CLIENT, jaeger)["services"]["services"] == ["apiserver", "etcd"]
    assert client("mcp-server-jaeger", V3_CLIENT, jaeger)["services"]["services"] == ["apiserver", "etcd"]


@pytest.mark.parametrize("path", ["/metrics", "/api/v1/operations", "/api/v1/events", "/-/reload"])
def test_it_answers_nothing_else_and_says_what(daemon, jaeger, path):
    before = daemon.metrics().refused("jaeger").get("unknown_path", 0)
    status, body = jaeger.get(path)
    assert status == 404 and b"/api/traces" in body and b"/api/v1/" not in body
    assert daemon.metrics().refused("jaeger")["unknown_path"] == before + 1


def test_at_its_root_it_says_what_it_is(jaeger):
    """Some clients ask there whether Jaeger answers; Jaeger has its page there."""
    status, body = jaeger.get("/")
    assert status == 200 and b"Jaeger's query API" in body and b"<html" not in body


def test_health_hosts_and_connections_are_its_own(daemon, jaeger):
    assert jaeger.get("/-/healthy")[0] == 200
    eventually(lambda: jaeger.get("/-/ready")[0] == 200, "readiness")
    assert jaeger.get("/api/services", host="evil.example")[0] == 403
    metrics = daemon.metrics()
    assert metrics.refused("jaeger")["wrong_host"] == 1
    assert metrics.value("faultline_connections_limit", transport="jaeger") > 0


def test_it_is_off_unless_it_is_named(survivor):
    metrics = survivor.metrics()
    for name in ("faultline_connections", "faultline_connections_limit", "faultline_requests_refused_total"):
        assert metrics.all(name, transport="query") and not metrics.all(name, transport="jaeger")


@pytest.fixture
def tokens(tmp_path):
    (tmp_path / "read").write_text(f"{READ}\n")
    (tmp_path / "grafana").write_text(f"{GRAFANA}\n")


@pytest.mark.parametrize(
    "jaeger, right, wrong",
    [
        ("127.0.0.1:0", READ, GRAFANA),
        ("{address: '127.0.0.1:0'}", READ, GRAFANA),
        ("{address: '127.0.0.1:0', token_file: grafana}", GRAFANA, READ),
    ],
)
def test_it_is_for_the_clients_of_the_api_unless_it_has_tokens_of_its_own(serve, tokens, jaeger, right, wrong):
    running = serve(configuration=f"listen: {{token_file: read}}\njaeger: {jaeger}\n")
    address = Address(running)
    assert [address.get("/api/services", token)[0] for token in (None, wrong, right)] == [401, 401, 200]
    assert address.get("/-/healthy")[0] == 200
    running.log.wait_for("refused", "reason=wrong_token", "transport=jaeger")


def test_it_takes_the_tls_of_the_api(serve, tmp_path):
    authority = Authority(tmp_path)
    authority.issue("server")
    text = "listen: {tls: {cert_file: server.crt, key_file: server.key}}\njaeger: 127.0.0.1:0\n"
    address = Address(serve(configuration=text), authority.client())
    assert json.loads(address.get("/api/services")[1])["data"] == []
    address.context = ssl.create_default_context()
    with pytest.raises(urllib.error.URLError, match="certificate"):
        address.get("/api/services")


EXPOSED = "is open to every machine that reaches this one: give it tls or token_file"


@pytest.mark.parametrize(
    "configuration, place, said",
    [
        ("jaeger: 0.0.0.0:16686\n", "1:9", f"jaeger (0.0.0.0:16686) {EXPOSED}"),
        ("jaeger: {address: ':0'}\n", "1:19", EXPOSED),
        ("jaeger: 127.0.0.1:9464\n", "1:9", "listen (127.0.0.1:9464) and jaeger (127.0.0.1:9464) can't listen on the same port"),
        ("listen: 127.0.0.1:16686\njaeger: {}\n", "2:9", "jaeger (127.0.0.1:16686) can't listen on the same port"),
        ("jaeger: somewhere\n", "1:9", "jaeger: an address is HOST:PORT"),
        ("jaeger: {adress: ':0'}\n", "1:10", "address"),
        ("jaeger: {token_file: missing}\n", "1:22", "no such file or directory"),
    ],
)
def test_a_wrong_address_is_an_error_in_its_place(tmp_path, configuration, place, said):
    file = tmp_path / "faultline.yaml"
    file.write_text(configuration)
    done = faultline("check", file)
    (line,) = done.output.splitlines()
    assert done.code == 1 and line.startswith(f"{file}:{place}: ") and said in line


@pytest.mark.parametrize("configuration", ["jaeger: ':0'\nlisten: {token_file: read}\n", "jaeger: ':0'\ninsecure_listen: true\n"])
def test_others_may_reach_it_with_the_tokens_of_the_api_or_if_that_is_meant(tmp_path, tokens, configuration):
    file = tmp_path / "faultline.yaml"
    file.write_text(configuration)
    assert faultline("check", file).code == 0


def test_serve_refuses_to_open_it_to_everybody():
    done = faultline("serve", "--otlp-grpc", "127.0.0.1:0", "--otlp-http", "127.0.0.1:0", "--listen", "127.0.0.1:0",
                     "--jaeger", "0.0.0.0:0")
    assert done.code == 2 and f"jaeger (0.0.0.0:0) {EXPOSED}" in done.errors
