"""Bearer tokens: for ingest and for scrape, API and page apart; and no open door to other machines by mistake."""

import base64

import grpc
import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GRPCExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HTTPExporter

from harness import http_client, spans
from harness.command import faultline
from harness.grpc_client import METHOD
from harness.metrics import Metrics
from harness.prometheus import Prometheus
from harness.waiting import DEADLINE, eventually
from test_exporters import OPERATIONS, record

TOTAL = sum(count for _, _, count, _ in OPERATIONS)
INGEST, NEXT, READ = "ingest-3kd93", "ingest-next-8f", "read/92+jd="
CONFIGURATION = """\
otlp:
  grpc: {token_file: ingest}
  http: {token_file: ingest}
listen: {token_file: read}
"""


@pytest.fixture
def guarded(serve, tmp_path):
    (tmp_path / "ingest").write_text(f"# exporters\n{INGEST}\n")
    (tmp_path / "read").write_text(f"{READ}\n")
    return serve(configuration=CONFIGURATION)


def bearer(token):
    return f"Bearer {token}"


def basic(token):
    return "Basic " + base64.b64encode(f"me:{token}".encode()).decode()


def metrics(daemon):
    status, _, body = daemon.get("/metrics", Authorization=bearer(READ))
    assert status == 200
    return Metrics(body.decode())


def test_real_clients_with_the_token(guarded):
    record(GRPCExporter(f"http://{guarded.grpc}", insecure=True, headers={"authorization": bearer(INGEST)}))
    record(HTTPExporter(f"http://{guarded.http}/v1/traces", headers={"Authorization": bearer(INGEST)}))
    assert metrics(guarded).accepted == 2 * TOTAL
    assert metrics(guarded).refused("grpc") == metrics(guarded).refused("http") == {}


@pytest.mark.parametrize(
    "authorization, reason",
    [
        (None, "missing_token"), ("ingest-3kd93", "missing_token"), (basic(INGEST), "missing_token"),
        (bearer(READ), "wrong_token"), (bearer("ingest-3kd9"), "wrong_token"), (bearer(INGEST + "3"), "wrong_token"),
        (bearer(""), "missing_token"), (bearer("# exporters"), "wrong_token"),
    ],
)
def test_without_the_token_nothing_is_taken(guarded, authorization, reason):
    body = spans.body(spans.span())
    with grpc.insecure_channel(guarded.grpc) as channel:
        metadata = [("authorization", authorization)] if authorization else []
        with pytest.raises(grpc.RpcError) as refusal:
            channel.unary_unary(METHOD)(body, metadata=metadata, timeout=DEADLINE)
    assert refusal.value.code() == grpc.StatusCode.UNAUTHENTICATED
    answer = http_client.send(guarded.http, body, headers={"Authorization": authorization} if authorization else {})
    assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.error == (16, refusal.value.details())
    assert "token" in refusal.value.details() and INGEST not in refusal.value.details()
    guarded.log.wait_for("refused", f"reason={reason}", "token_file", count=2)
    found = metrics(guarded)
    assert (found.received, found.refused("grpc"), found.refused("http")) == (0, {reason: 1}, {reason: 1})


def test_tokens_come_before_everything_else(guarded):
    answer = http_client.send(guarded.http, b"nonsense", method="GET", path="/secret")
    assert answer.status == 401


PATHS = ["/metrics", "/", "/api/v1/operations", "/api/services", "/nowhere", "/-/healthy/", "//-/healthy", "/-/reload"]


@pytest.mark.parametrize("path", PATHS)
def test_only_health_is_open(guarded, path):
    for authorization in (None, bearer(INGEST), basic(INGEST), "Basic !", "Basic"):
        headers = {"Authorization": authorization} if authorization else {}
        assert guarded.get(path, **headers)[0] == 401
    for authorization in (bearer(READ), basic(READ)):
        assert guarded.get(path, Authorization=authorization)[0] in (200, 404, 405)
    assert guarded.get("/-/healthy")[0] == 200
    eventually(lambda: guarded.get("/-/ready")[0] == 200, "readiness")
    assert metrics(guarded).refused("query")["wrong_token"] >= 2


def test_a_real_prometheus_scrapes_with_the_token(guarded, tmp_path):
    token = tmp_path / "read"
    with Prometheus(guarded.query, tmp_path, extra=f"    authorization: {{credentials_file: {token}}}\n") as prometheus:
        prometheus.wait_for("up == 1")


def test_tokens_change_while_the_daemon_runs(guarded, tmp_path):
    def status(token):
        return http_client.send(
            guarded.http, spans.body(spans.span()), headers={"Authorization": bearer(token)}
        ).status

    assert (status(INGEST), status(NEXT)) == (200, 401)
    (tmp_path / "ingest").write_text(f"{INGEST}\n{NEXT}\n")
    eventually(lambda: status(NEXT) == 200, "the next token")
    assert status(INGEST) == 200
    (tmp_path / "ingest").write_text("two words\n")
    guarded.log.wait_for("the old ones stay in force", "transport=http", "line 1 is not a token")
    assert (status(INGEST), status(NEXT)) == (200, 200)
    (tmp_path / "ingest").write_text(f"{NEXT}\n")
    eventually(lambda: status(INGEST) == 401, "the end of the old token")
    assert status(NEXT) == 200


def test_tokens_are_in_no_log_and_no_message(guarded, tmp_path):
    (tmp_path / "read").write_text(f"{READ} and more\n")
    guarded.log.wait_for("the old ones stay in force", "transport=query")
    http_client.send(guarded.http, headers={"Authorization": bearer(NEXT)})
    guarded.log.wait_for("refused", "wrong_token")
    assert not any(token in line for token in (INGEST, NEXT, READ) for line in guarded.log.all)


@pytest.mark.parametrize(
    "contents, message",
    [(None, "no such file or directory"), ("", "it holds no token"), ("# none\n\n", "it holds no token"), ("a b\n", "line 1 is not a token")],
)
def test_a_bad_file_of_tokens_is_an_error(tmp_path, contents, message):
    if contents is not None:
        (tmp_path / "token").write_text(contents)
    file = tmp_path / "faultline.yaml"
    file.write_text("listen:\n  token_file: token\n")
    done = faultline("check", file)
    assert (done.code, done.output.startswith(f"{file}:2:15: token_file: {tmp_path}/token: {message}")) == (1, True), done


EXPOSED = "is open to every machine that reaches this one: give it tls or token_file"


@pytest.mark.parametrize("address", ["0.0.0.0:0", ":0", "[::]:0", "[2001:db8::1]:0", "10.0.0.5:0"])
def test_an_address_that_others_reach_wants_tls_or_tokens(tmp_path, address):
    file = tmp_path / "faultline.yaml"
    for text, column in ((f"listen: '{address}'\n", 9), (f"listen: {{address: '{address}'}}\n", 19)):
        file.write_text(text)
        done = faultline("check", file)
        assert done.code == 1 and done.output.startswith(f"{file}:1:{column}: listen (") and EXPOSED in done.output
        (tmp_path / "faultline.yaml").write_text(text + "insecure_listen: true\n")
        assert faultline("check", file).code == 0
    done = faultline("serve", "--listen", address)
    assert done.code == 2 and EXPOSED in done.errors


def test_a_token_alone_is_enough_but_warned_of(tmp_path):
    (tmp_path / "token").write_text("secret\n")
    file = tmp_path / "faultline.yaml"
    file.write_text("listen: {address: ':0', token_file: token}\n")
    done = faultline("check", file)
    assert done.code == 0 and "warning: without tls, anyone on the network path can read the tokens" in done.output


def test_loopback_needs_neither(tmp_path):
    file = tmp_path / "faultline.yaml"
    file.write_text("listen: '127.5.0.1:0'\notlp: {grpc: '[::1]:0', http: 'localhost:0'}\n")
    assert faultline("check", file).code == 0


@pytest.mark.parametrize("arguments, says", [(["doctor"], "no spans have arrived"), (["top", "--once"], "no spans yet")])
def test_commands_that_ask_a_daemon_take_the_token_from_a_file(guarded, arguments, says, tmp_path):
    asked = [*arguments, "--address", guarded.query]
    refused = faultline(*asked)
    assert refused.code == 1 and "401" in refused.errors and says not in refused.output
    assert "asks for a token; give its file with --token-file" in refused.errors
    (tmp_path / "wrong").write_text("wrong\n")
    assert "the token of --token-file is not one of the daemon's" in faultline(*asked, "--token-file", tmp_path / "wrong").errors
    (tmp_path / "own").write_text(f"# of the dashboard\n\n  {READ}\nanother\n")
    assert says in faultline(*asked, "--token-file", tmp_path / "own").output
    for content, problem in [("# none\n", "holds no token"), ("two words\n", "is not a token")]:
        (tmp_path / "bad").write_text(content)
        done = faultline(*asked, "--token-file", tmp_path / "bad")
        assert done.code == 2 and problem in done.errors
    done = faultline(*asked, "--token-file", tmp_path / "absent")
    assert done.code == 2 and "can't be read" in done.errors
