"""Commands that ask a daemon whose certificate an authority of one's own has signed."""

import ipaddress

import pytest
from cryptography import x509

from harness.certificates import Authority
from harness.command import faultline

TLS = "listen: {tls: {cert_file: server.crt, key_file: server.key%s}}\n"
UNTRUSTED = "certificate not trusted: no known authority has signed it, or it has expired; give the authority's certificate with --ca-file"
COMMANDS = [["doctor"], ["top", "--once"], ["trace", "f" * 32]]
ANSWERS = {"doctor": "no spans have arrived", "top": "no spans yet", "trace": "404"}


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def secured(serve, authority):
    """Starts a daemon with a certificate; `extra` goes into its `tls`. Returns its URL."""

    def start(extra="", **certificate):
        authority.issue("server", **certificate)
        return "https://" + serve(configuration=TLS % extra).query

    return start


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: arguments[0])
def test_the_authority_is_named_by_option_or_environment(secured, authority, arguments):
    asked = [*arguments, "--address", secured()]
    answer = ANSWERS[arguments[0]]
    refused = faultline(*asked)
    assert refused.code == 1 and UNTRUSTED in refused.errors and answer not in refused.output + refused.errors
    for done in (
        faultline(*asked, "--ca-file", authority.file),
        faultline(*asked, FAULTLINE_CA_FILE=str(authority.file)),
        faultline(*asked, SSL_CERT_FILE=str(authority.file)),
    ):
        assert answer in done.output + done.errors and "certificate" not in done.errors


def test_the_option_comes_before_the_environment(secured, authority, tmp_path):
    stranger = Authority(tmp_path, "stranger")
    asked = ["doctor", "--address", secured()]
    assert UNTRUSTED in faultline(*asked, "--ca-file", stranger.file, SSL_CERT_FILE=str(authority.file)).errors
    assert "no spans" in faultline(*asked, "--ca-file", authority.file, SSL_CERT_FILE=str(stranger.file)).output


@pytest.mark.parametrize(
    "extra, certificate, reason",
    [
        ("", {"host": "node-1.example.com"}, "its certificate is for another name; use one that it has in --address"),
        ("", {"days": -1}, "certificate not trusted"),
        (", client_ca_file: test-ca.crt", {}, "it asks for a client certificate (client_ca_file)"),
    ],
    ids=["another name", "expired", "client certificate"],
)
def test_why_there_is_no_answer(secured, authority, extra, certificate, reason):
    done = faultline("doctor", "--address", secured(extra, **certificate), "--ca-file", authority.file)
    assert done.code == 1 and reason in done.errors and "serve running" not in done.errors


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: arguments[0])
def test_an_address_in_the_certificate_is_no_name(secured, authority, arguments):
    url = secured(names=[x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    named = faultline(*arguments, "--address", url.replace("127.0.0.1", "localhost"), "--ca-file", authority.file)
    assert named.code == 1 and "its certificate is for another name" in named.errors
    assert ANSWERS[arguments[0]] not in named.output + named.errors
    done = faultline(*arguments, "--address", url, "--ca-file", authority.file)
    assert ANSWERS[arguments[0]] in done.output + done.errors


def test_a_daemon_without_tls(serve, authority):
    done = faultline("doctor", "--address", f"https://{serve().query}", "--ca-file", authority.file)
    assert done.code == 1 and "it doesn't speak TLS; --address must begin with http://" in done.errors


@pytest.mark.parametrize("content, problem", [(None, "no such file or directory"), ("", "it holds no certificate")])
def test_a_file_without_a_certificate_is_an_error(tmp_path, content, problem):
    file = tmp_path / "own.pem"
    if content is not None:
        file.write_text(content)
    for done, name in (
        (faultline("doctor", "--ca-file", file), "--ca-file"),
        (faultline("doctor", "--address", "https://127.0.0.1:1", SSL_CERT_FILE=str(file)), "SSL_CERT_FILE"),
    ):
        assert done.code != 0 and f"{name}: {file}: {problem}" in done.errors
