"""How sinks reach receivers: TLS, credentials, whether they tell of resolved alerts, and links to the page."""

import base64
import ipaddress
import urllib.parse

import pytest
from cryptography import x509

from harness.alertmanager import Alertmanager
from harness.certificates import Authority
from harness.command import faultline
from harness.rules import CONFIGURATION, SLOW_PAYMENTS
from harness.webhook import WebhookReceiver
from test_alert_delivery import fire, resolve

SECRET = "hunter2"
ADDRESS = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


@pytest.fixture
def authority(tmp_path):
    authority = Authority(tmp_path)
    authority.issue("client")
    return authority


@pytest.fixture
def secured(authority):
    """A receiver that asks for a certificate."""
    with WebhookReceiver(tls=authority.server(authority.issue("receiver"), asks=True)) as receiver:
        yield receiver


def webhook(receiver, options=""):
    return f'  - webhook: {{url: "{receiver.url}"{options}}}\n'


def started(serve, *sinks, configuration=CONFIGURATION):
    daemon = serve(SLOW_PAYMENTS + "sinks:\n" + "".join(sinks), configuration)
    fire(daemon)
    return daemon


MUTUAL = "ca_file: test-ca.crt, cert_file: client.crt, key_file: client.key"


@pytest.mark.parametrize("extra", ["", ", min_version: TLS13"])
def test_a_receiver_gets_a_certificate_and_a_token(serve, secured, tmp_path, extra):
    (tmp_path / "token").write_text(f"{SECRET}\n")
    options = f", tls_config: {{{MUTUAL}{extra}}}, authorization: {{credentials_file: token}}"
    started(serve, webhook(secured, options))
    payload, headers = secured.next_call()
    assert payload["alerts"][0]["labels"]["alertname"] == "PaymentsSlow"
    assert headers["Authorization"] == f"Bearer {SECRET}"


def test_a_receiver_gets_a_user_and_a_password(serve, tmp_path):
    (tmp_path / "password").write_text(SECRET)
    (tmp_path / "headers").write_text("Authorization: Bearer other\nX-Tenant: shop\n")
    with WebhookReceiver() as receiver:
        started(serve, webhook(receiver, ", basic_auth: {username: me, password_file: password}, headers_file: headers"))
        headers = receiver.next_call()[1]
    assert headers.get_all("Authorization") == ["Basic " + base64.b64encode(f"me:{SECRET}".encode()).decode()]
    assert headers["X-Tenant"] == "shop"


def test_another_type_of_authorization(serve, tmp_path):
    (tmp_path / "token").write_text(SECRET)
    with WebhookReceiver() as receiver:
        started(serve, webhook(receiver, ", authorization: {type: GenieKey, credentials_file: token}"))
        assert receiver.next_call()[1]["Authorization"] == f"GenieKey {SECRET}"


@pytest.mark.parametrize(
    "options, reason",
    [
        ("", "the receiver's certificate isn't accepted; set ca_file in tls_config to its authority"),
        (", tls_config: {ca_file: stranger-ca.crt}", "the receiver's certificate isn't accepted"),
        (", tls_config: {ca_file: test-ca.crt}", "the receiver requires a client certificate or doesn't accept ours"),
    ],
)
def test_why_tls_with_a_receiver_fails(serve, secured, tmp_path, options, reason):
    Authority(tmp_path, "stranger")
    daemon = started(serve, webhook(secured, options))
    daemon.log.wait_for("alerts were not delivered", "sink=webhook", reason)
    assert secured.is_done


def test_a_receiver_in_plain_text_behind_https(serve):
    with WebhookReceiver() as receiver:
        daemon = started(serve, webhook(receiver).replace("http:", "https:"))
        daemon.log.wait_for("alerts were not delivered", "the receiver speaks plain text; url must begin with http://")


def test_verification_can_be_skipped(serve, authority):
    with WebhookReceiver(tls=authority.server(authority.issue("receiver"))) as receiver:
        started(serve, webhook(receiver, ", tls_config: {insecure_skip_verify: true}"))
        assert receiver.next()["status"] == "firing"


def test_a_certificate_may_have_another_name_than_the_url(serve, authority):
    with WebhookReceiver(tls=authority.server(authority.issue("receiver", host="alerts.example.com"))) as receiver:
        daemon = started(
            serve, webhook(receiver, ", tls_config: {ca_file: test-ca.crt, server_name: alerts.example.com}"),
            webhook(receiver, ", tls_config: {ca_file: test-ca.crt, server_name: other.example.com}"),
        )
        payload, headers = receiver.next_call()
        assert payload["status"] == "firing"
        # That of the URL, as Prometheus does it
        assert headers["Host"] == urllib.parse.urlsplit(receiver.url).netloc
        daemon.log.wait_for("alerts were not delivered", "the receiver's certificate is for a different name")
        assert receiver.is_done


@pytest.mark.parametrize("host, server_name, is_accepted", [
    ("127.0.0.1", "", True), ("localhost", "", False), ("127.0.0.1", ", server_name: alerts.example.com", False),
])
def test_an_address_in_a_certificate_counts_only_where_an_address_was_asked_for(serve, authority, host, server_name, is_accepted):
    with WebhookReceiver(tls=authority.server(authority.issue("receiver", names=[ADDRESS]))) as receiver:
        sink = webhook(receiver, f", tls_config: {{ca_file: test-ca.crt{server_name}}}").replace("127.0.0.1", host)
        daemon = started(serve, sink)
        if is_accepted:
            assert receiver.next()["status"] == "firing"
        else:
            daemon.log.wait_for("alerts were not delivered", "the receiver's certificate is for a different name")
            assert receiver.is_done


@pytest.mark.parametrize("name, is_accepted", [("*.example.com", True), ("*.b.example.com", False), ("*", False), ("a*.example.com", False)])
def test_an_asterisk_in_a_certificate_is_one_label(serve, authority, name, is_accepted):
    with WebhookReceiver(tls=authority.server(authority.issue("receiver", host=name))) as receiver:
        daemon = started(serve, webhook(receiver, ", tls_config: {ca_file: test-ca.crt, server_name: alerts.example.com}"))
        if is_accepted:
            assert receiver.next()["status"] == "firing"
        else:
            daemon.log.wait_for("alerts were not delivered", "the receiver's certificate is for a different name")


def test_a_sink_can_leave_out_resolved_alerts(serve):
    with WebhookReceiver() as all, WebhookReceiver() as firing:
        daemon = started(serve, webhook(all), webhook(firing, ", send_resolved: false"))
        assert (all.next()["status"], firing.next()["status"]) == ("firing", "firing")
        resolve(daemon)
        assert all.next()["status"] == "resolved"
        daemon.stop()
        assert firing.is_done


def test_several_alertmanagers_one_of_them_over_mutual_tls(serve, authority, tmp_path):
    authority.issue("receiver")
    web = tmp_path / "web.yaml"
    web.write_text(
        "tls_server_config: {cert_file: receiver.crt, key_file: receiver.key, client_ca_file: test-ca.crt, "
        "client_auth_type: RequireAndVerifyClientCert}\n"
    )
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    context = authority.client((tmp_path / "client.crt", tmp_path / "client.key"))
    with WebhookReceiver() as hook, Alertmanager(first, hook.url) as open, Alertmanager(
        second, hook.url, web=web, context=context
    ) as closed:
        started(
            serve, f'  - alertmanager: {{url: "{open.url}"}}\n',
            f'  - alertmanager: {{url: "{closed.url}", tls_config: {{{MUTUAL}}}}}\n',
            configuration=CONFIGURATION + "external_url: https://faultline.example.com/\n",
        )
        for alertmanager in (open, closed):
            (alert,) = alertmanager.wait_for_alerts(1)
            assert alert["labels"]["alertname"] == "PaymentsSlow"
            assert alert["generatorURL"].startswith("https://faultline.example.com/?tab=alerts&from=20")


def test_a_link_shows_the_time_of_the_alert_and_stays_the_same(serve):
    with WebhookReceiver() as receiver:
        daemon = started(
            serve, webhook(receiver), configuration=CONFIGURATION + "external_url: https://faultline.example.com\n"
        )
        fired = receiver.next()
        resolve(daemon)
        resolved = receiver.next()
        (link,) = {payload["alerts"][0]["generatorURL"] for payload in (fired, resolved)}
        assert fired["externalURL"] == "https://faultline.example.com"
        url = urllib.parse.urlsplit(link)
        query = urllib.parse.parse_qs(url.query, strict_parsing=True)
        starts = fired["alerts"][0]["startsAt"]
        assert query["tab"] == ["alerts"] and query["from"][0] < starts < query["to"][0]
        assert daemon.get(f"/?{url.query}")[0] == 200
        interval = urllib.parse.urlencode({"from": query["from"][0], "to": query["to"][0]})
        assert daemon.get(f"/api/v1/alerts?{interval}")[0] == 200


LINKED = f"{CONFIGURATION}external_url: https://faultline.example.com/\n"
# A user's own version of a built-in rule
SLOW_ETCD = SLOW_PAYMENTS.replace("PaymentsSlow", "EtcdSlow")


def test_built_in_alerts_link_their_runbook(serve, tmp_path):
    with WebhookReceiver() as receiver, WebhookReceiver() as hook, Alertmanager(tmp_path, hook.url) as alertmanager:
        sinks = f'sinks:\n{webhook(receiver)}  - alertmanager: {{url: "{alertmanager.url}"}}\n'
        fire(serve(SLOW_ETCD + sinks, LINKED))
        (alert,), (other,) = receiver.next()["alerts"], alertmanager.wait_for_alerts(1)
        runbook = "https://faultline.example.com/runbooks/EtcdSlow"
        assert alert["annotations"]["runbook_url"] == other["annotations"]["runbook_url"] == runbook


@pytest.mark.parametrize("rules, configuration", [(SLOW_PAYMENTS, LINKED), (SLOW_ETCD, CONFIGURATION)])
def test_without_a_runbook_or_a_url_there_is_no_link(serve, rules, configuration):
    with WebhookReceiver() as receiver:
        fire(serve(f"{rules}sinks:\n{webhook(receiver)}", configuration))
        (alert,) = receiver.next()["alerts"]
        assert "runbook_url" not in alert["annotations"]


FAULTS = [
    ("url: 'https://a', tls_config: {ca_file: missing}", "ca_file: {}/missing: no such file or directory"),
    ("url: 'https://a', tls_config: {cert_file: client.crt}", "cert_file needs key_file"),
    ("url: 'https://a', tls_config: {key_file: client.key}", "key_file needs cert_file"),
    ("url: 'https://a', tls_config: {cert_file: client.crt, key_file: receiver.key}", "key_file: {}/receiver.key: the key doesn't belong"),
    ("url: 'https://a', tls_config: {server_name: 10.0.0.5}", "server_name is a DNS name that the receiver's certificate has"),
    ("url: 'http://a', tls_config: {}", "tls_config needs a url that begins with https://"),
    ("url: 'http://a', authorization: {credentials_file: none}", "credentials_file: {}/none: no such file or directory"),
    ("url: 'http://a', authorization: {credentials_file: empty}", "credentials_file: {}/empty: it is empty"),
    ("url: 'http://a', authorization: {credentials_file: lines}", "credentials_file: {}/lines: it has more than one line"),
    ("url: 'http://a', authorization: {type: Basic, credentials_file: one}", "for Basic, write basic_auth"),
    ("url: 'http://a', basic_auth: {username: 'a:b', password_file: one}", "a username must have no colon"),
    ("url: 'http://a', basic_auth: {username: a}", "password_file"),
    (
        "url: 'http://a', basic_auth: {username: a, password_file: one}, authorization: {credentials_file: one}",
        "a sink must have authorization or basic_auth, not both",
    ),
]


@pytest.mark.parametrize("kind", ["webhook", "alertmanager"])
@pytest.mark.parametrize("options, message", FAULTS)
def test_a_fault_is_reported_at_its_position(authority, tmp_path, kind, options, message):
    authority.issue("receiver")
    for name, text in (("empty", "\n"), ("lines", f"{SECRET}\n{SECRET}\n"), ("one", SECRET)):
        (tmp_path / name).write_text(text)
    file = tmp_path / "rules.yaml"
    file.write_text(SLOW_PAYMENTS + f"sinks:\n  - {kind}: {{{options}}}\n")
    done = faultline("check", file)
    (line,) = done.output.splitlines()
    assert done.code == 1 and line.startswith(f"{file}:") and message.format(tmp_path) in line
    assert SECRET not in line


def test_an_alertmanager_is_always_told_of_resolved_alerts(tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text(SLOW_PAYMENTS + "sinks:\n  - alertmanager: {url: 'http://a', send_resolved: false}\n")
    done = faultline("check", file)
    assert done.code == 1 and "send_resolved" in done.output
