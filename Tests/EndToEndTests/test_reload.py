"""New rules are loaded completely or not at all: on SIGHUP, on request, and when a link to them changes."""

import urllib.error
import urllib.request

import pytest

from harness import http_client, spans
from harness.daemon import Faultline
from harness.rules import CONFIGURATION, SLOW_PAYMENTS
from harness.spans import MILLISECOND
from harness.waiting import DEADLINE

RENAMED = SLOW_PAYMENTS.replace("PaymentsSlow", "PaymentsDrag")

BROKEN = {
    "no YAML": "groups: [",
    "an unknown field": SLOW_PAYMENTS.replace("when:", "whenever:"),
    "a condition that is none": SLOW_PAYMENTS.replace("p50 > 150ms", "p50 > 5%"),
    "good rules and a bad one": RENAMED + "      - alert: Bad\n        select: {service: a}\n",
    "nothing": "",
    "a byte order mark and tabs": "\ufeffgroups:\n\t- name: a\n",
}


@pytest.fixture
def daemon(serve):
    return serve(SLOW_PAYMENTS, CONFIGURATION)


@pytest.fixture
def reload(daemon, tmp_path):
    """Writes other rules, reloads them, and waits for the result in the log."""

    def reload(rules):
        known = len(daemon.log.matching("reloaded"))
        (tmp_path / "rules.yaml").write_text(rules)
        daemon.reload()
        return daemon.log.wait_for("reloaded", count=known + 1)[known:]

    return reload


def rules(metrics):
    return {sample.labels["alertname"] for sample in metrics.all("faultline_alerts")}


def is_successful(metrics):
    return metrics.value("faultline_config_last_reload_successful") == 1


def test_good_rules_replace_the_old_ones(daemon, reload):
    assert rules(daemon.metrics()) == {"PaymentsSlow"}
    assert is_successful(daemon.metrics())

    reload(RENAMED)

    assert rules(daemon.metrics()) == {"PaymentsDrag"}
    assert is_successful(daemon.metrics())
    payments = [spans.span("pay", duration=400 * MILLISECOND) for _ in range(10)]
    assert http_client.send(daemon.http, spans.body(*payments)).status == 200
    daemon.output.wait_for("FIRING PaymentsDrag")


@pytest.mark.parametrize("changed", [RENAMED, SLOW_PAYMENTS.replace("150ms", "50s")], ids=["gone", "another threshold"])
def test_alerts_that_fire_resolve_with_their_rule(daemon, reload, changed):
    payments = [spans.span("pay", duration=400 * MILLISECOND) for _ in range(10)]
    assert http_client.send(daemon.http, spans.body(*payments)).status == 200
    daemon.output.wait_for("FIRING PaymentsSlow")

    reload(changed)

    daemon.output.wait_for("RESOLVED PaymentsSlow")
    firing = daemon.output.matching("FIRING")
    assert len(firing) == 1 or "PaymentsDrag" in firing[1]


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_bad_rules_leave_the_old_ones_whole(daemon, reload, tmp_path, broken):
    (line,) = reload(broken)

    assert "not reloaded" in line and f"{tmp_path / 'rules.yaml'}:" in line
    assert rules(daemon.metrics()) == {"PaymentsSlow"}
    assert not is_successful(daemon.metrics())

    reload(RENAMED)

    assert rules(daemon.metrics()) == {"PaymentsDrag"}
    assert is_successful(daemon.metrics())


def test_other_problems_are_logged_however_soon_after_the_last_ones(reload):
    lines = [reload(rules)[0] for rules in ("groups: 1\n", "nonsense: 1\n", "groups: [1]\n")]
    assert all("not reloaded" in line and "since_last_line" not in line for line in lines)


def test_rules_that_are_gone_leave_the_old_ones_whole(daemon, tmp_path):
    (tmp_path / "rules.yaml").unlink()
    daemon.reload()
    daemon.log.wait_for("not reloaded")
    assert rules(daemon.metrics()) == {"PaymentsSlow"}
    assert not is_successful(daemon.metrics())


def test_an_alert_continues_if_its_rule_is_unchanged(daemon, reload):
    payments = [spans.span("pay", duration=400 * MILLISECOND) for _ in range(10)]
    assert http_client.send(daemon.http, spans.body(*payments)).status == 200
    daemon.output.wait_for("FIRING PaymentsSlow")

    reload(SLOW_PAYMENTS + "  - name: another\n    rules: []\n")

    assert daemon.metrics().value("faultline_alerts", alertname="PaymentsSlow", alertstate="firing") == 1
    assert len(daemon.output.all) == 1


def post_reload(daemon):
    request = urllib.request.Request(f"http://{daemon.query}/-/reload", method="POST")
    try:
        with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_a_request_reloads_if_that_is_enabled(serve, tmp_path):
    daemon = serve(SLOW_PAYMENTS, CONFIGURATION + "enable_lifecycle: true\n")
    (tmp_path / "rules.yaml").write_text(RENAMED)
    assert post_reload(daemon) == (200, "rules reloaded\n")
    assert rules(daemon.metrics()) == {"PaymentsDrag"}

    (tmp_path / "rules.yaml").write_text("groups: [")
    status, text = post_reload(daemon)
    assert status == 500 and f"{tmp_path / 'rules.yaml'}:" in text
    assert rules(daemon.metrics()) == {"PaymentsDrag"}
    assert not is_successful(daemon.metrics())


def test_a_request_reloads_nothing_by_default(daemon, tmp_path):
    (tmp_path / "rules.yaml").write_text(RENAMED)
    status, text = post_reload(daemon)
    assert status == 403 and "enable_lifecycle" in text
    assert rules(daemon.metrics()) == {"PaymentsSlow"}


def test_a_config_map_that_is_replaced_is_read_again(tmp_path):
    """As the kubelet mounts it: rules.yaml links to a file through ..data, a link that is replaced."""

    def exchange(number, text):
        directory = tmp_path / f"..{number}"
        directory.mkdir()
        (directory / "rules.yaml").write_text(text)
        (tmp_path / "..data_tmp").symlink_to(directory.name)
        (tmp_path / "..data_tmp").replace(tmp_path / "..data")

    exchange(1, SLOW_PAYMENTS)
    (tmp_path / "rules.yaml").symlink_to("..data/rules.yaml")
    with Faultline("--rules", tmp_path / "rules.yaml") as daemon:
        assert rules(daemon.metrics()) == {"PaymentsSlow"}
        exchange(2, "groups: [")
        daemon.log.wait_for("not reloaded")
        assert rules(daemon.metrics()) == {"PaymentsSlow"}
        exchange(3, RENAMED)
        daemon.log.wait_for("rules reloaded")
        assert rules(daemon.metrics()) == {"PaymentsDrag"}
