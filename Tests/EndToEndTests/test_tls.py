"""TLS: real clients with right and wrong certificates, and files that change while the daemon runs."""

import http.client
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GRPCExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HTTPExporter

from harness import certificates, http_client, spans
from harness.certificates import Authority
from harness.command import faultline
from harness.grpc_client import call
from harness.waiting import DEADLINE, eventually
from test_exporters import OPERATIONS, record

TOTAL = sum(count for _, _, count, _ in OPERATIONS)


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def secured(serve, authority):
    """Starts a daemon whose receivers have a certificate; `extra` goes into their `tls`."""

    def start(extra="", days=1):
        authority.issue("server", days)
        # Relative to the configuration, which is in the same folder.
        tls = f"tls: {{cert_file: server.crt, key_file: server.key{extra}}}"
        return serve(configuration=f"otlp:\n  grpc: {{{tls}}}\n  http: {{{tls}}}\n")

    return start


MUTUAL = ", client_ca_file: test-ca.crt"


@pytest.mark.parametrize("extra", ["", MUTUAL], ids=["tls", "mutual"])
@pytest.mark.parametrize("transport", ["grpc", "http"])
def test_every_span_of_a_real_client_is_counted(secured, authority, transport, extra):
    daemon = secured(extra)
    pair = authority.issue("client") if extra else None
    record(exporter(daemon, authority, transport, pair))
    metrics = daemon.metrics()
    assert (metrics.received, metrics.accepted) == (TOTAL, TOTAL)
    assert metrics.refused("grpc") == metrics.refused("http") == {}


def exporter(daemon, authority, transport, pair):
    if transport == "grpc":
        return GRPCExporter(f"https://{daemon.grpc}", credentials=authority.channel_credentials(pair))
    certificate, key = map(str, pair) if pair else (None, None)
    return HTTPExporter(
        f"https://{daemon.http}/v1/traces", certificate_file=str(authority.file), client_certificate_file=certificate,
        client_key_file=key,
    )


def test_the_protocols_are_negotiated(secured, authority):
    daemon = secured()
    context = authority.client()
    context.set_alpn_protocols(["http/1.1", "h2"])
    for address, expected in ((daemon.grpc, "h2"), (daemon.http, "http/1.1")):
        with connect(address, context) as client:
            assert client.sock.selected_alpn_protocol() == expected


@pytest.mark.parametrize("transport", ["grpc", "http"])
@pytest.mark.parametrize(
    "client, reason",
    [
        ("a stranger to the authority", "certificate_refused"),
        ("no certificate", "missing_client_certificate"),
        ("another authority's certificate", "wrong_client_certificate"),
        ("an expired certificate", "wrong_client_certificate"),
        ("an old version", "tls_handshake"),
    ],
)
def test_a_failed_handshake_is_counted_and_logged_with_its_reason(secured, authority, tmp_path, transport, client, reason):
    daemon = secured(MUTUAL + ", min_version: TLS13")
    stranger = Authority(tmp_path, "stranger")
    context = {
        "a stranger to the authority": lambda: stranger.client(),
        "no certificate": lambda: authority.client(),
        "another authority's certificate": lambda: authority.client(stranger.issue("other")),
        "an expired certificate": lambda: authority.client(authority.issue("old", days=-1)),
        "an old version": lambda: authority.client(authority.issue("client")),
    }[client]()
    if client == "an old version":
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
        # With TLS 1.3 a client learns only from its first answer that its certificate isn't accepted.
        with connect(getattr(daemon, transport), context) as connection:
            connection.request("GET", "/")
            connection.getresponse()
    daemon.log.wait_for("refused", f"reason={reason}", f"transport={transport}", "because=")
    assert daemon.metrics().refused(transport) == {reason: 1}


class connect:
    """An HTTP connection over TLS."""

    def __init__(self, address, context):
        self.connection = http.client.HTTPSConnection(address, timeout=DEADLINE, context=context)

    def __enter__(self):
        self.connection.connect()
        return self.connection

    def __exit__(self, *_):
        self.connection.close()


@pytest.mark.parametrize("transport", ["grpc", "http"])
def test_plain_text_on_a_tls_port_is_told_so(secured, transport):
    daemon = secured()
    answer = http_client.send(getattr(daemon, transport), spans.body(spans.span()))
    assert (answer.status, answer.body) == (400, b"this port takes TLS; use https:// here\n")
    daemon.log.wait_for("refused", "reason=plain_text", "this port takes TLS")
    assert daemon.metrics().refused(transport) == {"plain_text": 1}


def test_a_grpc_client_in_plain_text_fails_at_once(secured):
    daemon = secured()
    with grpc.insecure_channel(daemon.grpc) as channel:
        assert call(channel, spans.body(spans.span())).code == grpc.StatusCode.UNAVAILABLE
    assert daemon.metrics().refused("grpc")["plain_text"] >= 1


def test_a_new_certificate_is_shown_and_a_bad_one_is_not(secured, authority, tmp_path):
    daemon = secured()
    first = certificates.read(tmp_path / "server.crt")
    assert certificates.shown_by(daemon.grpc) == certificates.shown_by(daemon.http) == first
    assert expiry(daemon) == first.not_valid_after_utc.timestamp()

    authority.issue("server", days=2)
    second = certificates.read(tmp_path / "server.crt")
    eventually(lambda: certificates.shown_by(daemon.grpc) == second, "the new certificate")
    eventually(lambda: expiry(daemon) == second.not_valid_after_utc.timestamp(), "its expiry")
    daemon.log.wait_for("certificates and tokens reloaded", "transport=grpc")

    good = (tmp_path / "server.key").read_bytes()
    authority.issue("other")
    (tmp_path / "server.key").write_bytes((tmp_path / "other.key").read_bytes())
    daemon.log.wait_for("the old ones stay in force", "transport=grpc", "the key doesn't belong to the certificate")
    eventually(lambda: not is_reload_good(daemon), "the gauge at 0")
    assert certificates.shown_by(daemon.grpc) == second
    record(exporter(daemon, authority, "grpc", None))

    (tmp_path / "server.key").write_bytes(good)
    eventually(lambda: is_reload_good(daemon), "the gauge at 1")
    assert certificates.shown_by(daemon.grpc) == second


def test_certificates_change_under_load(secured, authority, tmp_path):
    """Clients that connect anew for each export notice nothing, not even between the new certificate and its key."""
    daemon = secured()
    sent, rotated = [0] * 3, threading.Event()
    context = authority.client()

    def send(client):
        while not rotated.is_set():
            with connect(daemon.http, context) as connection:
                body = spans.body(spans.span())
                connection.request("POST", "/v1/traces", body, {"Content-Type": "application/x-protobuf"})
                assert connection.getresponse().status == 200
            sent[client] += 1

    with ThreadPoolExecutor() as clients:
        running = [clients.submit(send, client) for client in range(len(sent))]
        try:
            for _ in range(4):
                before = sum(sent)
                authority.issue("server")
                shown = certificates.read(tmp_path / "server.crt")
                eventually(lambda: certificates.shown_by(daemon.http) == shown, "the new certificate")
                eventually(lambda: sum(sent) > before, "exports meanwhile")
        finally:
            rotated.set()
        for client in running:
            client.result()
    metrics = daemon.metrics()
    assert metrics.received == metrics.accepted == sum(sent)
    assert metrics.refused("http") == {}


def expiry(daemon):
    return daemon.metrics().value("faultline_tls_certificate_expiry_timestamp_seconds", transport="grpc")


def is_reload_good(daemon):
    return daemon.metrics().value("faultline_credentials_last_reload_successful", transport="grpc") == 1


def test_an_expired_certificate_is_warned_of(secured):
    daemon = secured(days=-1)
    daemon.log.wait_for("clients refuse the certificate", "transport=grpc", "the certificate has expired")


@pytest.mark.parametrize("bad, why", [({"days": -1}, "the certificate has expired"), ({"days": 9, "begins": 5}, "isn't valid yet")])
def test_a_renewed_certificate_that_isnt_valid_doesnt_replace_one_that_is(secured, authority, bad, why):
    daemon = secured()
    first = certificates.shown_by(daemon.grpc)
    authority.issue("server", **bad)
    daemon.log.wait_for("the old ones stay in force", why, "the one in use is still valid")
    assert certificates.shown_by(daemon.grpc) == first and not is_reload_good(daemon)
    authority.issue("server")
    eventually(lambda: is_reload_good(daemon), "the gauge at 1")
    assert certificates.shown_by(daemon.grpc) != first


FAULTS = [
    ("missing.crt", "server.key", "", "cert_file: {}/missing.crt: no such file or directory"),
    ("server.key", "server.key", "", "cert_file: {}/server.key: it holds no certificate; it must be a PEM file"),
    ("server.crt", "server.crt", "", "key_file: {}/server.crt: it holds no private key; it must be a PEM file"),
    ("server.crt", "other.key", "", "key_file: {}/other.key: the key doesn't belong to the certificate in cert_file"),
    ("server.crt", "server.key", ", client_ca_file: server.key", "client_ca_file: {}/server.key: it holds no certificate"),
    ("server.crt", "/dev/zero", "", "key_file: /dev/zero: it is a device, which never ends"),
]


@pytest.mark.parametrize("certificate, key, extra, message", FAULTS)
def test_a_bad_file_is_an_error_at_its_position(authority, tmp_path, certificate, key, extra, message):
    authority.issue("server")
    authority.issue("other")
    file = tmp_path / "faultline.yaml"
    file.write_text(f"listen:\n  tls: {{cert_file: {certificate}, key_file: {key}{extra}}}\n")
    checked = faultline("check", file)
    assert checked.code == 1
    assert checked.output.startswith(f"{file}:2:") and message.format(tmp_path) in checked.output
    served = faultline("serve", "--config", file)
    assert served.code == 2 and message.format(tmp_path) in served.errors
