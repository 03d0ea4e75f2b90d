"""The JSON Schemas accept what `faultline check` accepts, and reject errors in the structure of a file."""

import json
import re

import jsonschema
import pytest
import yaml

from harness import project
from harness.certificates import Authority
from harness.command import faultline
from harness.rules import CONFIGURATION, SLOW_PAYMENTS
from test_rule_tests import TESTS

DOCS = project.ROOT / "docs"
FAULTY = project.files("Tests", "RulesTests", "Faulty", pattern="*.yaml")
# Only `faultline check` looks inside texts, or compares two fields.
BEYOND = re.compile(
    """
    burn-rate-.* | slowdown-.* | comparison.* | .*-against-.* | .*-of-zero | double-ampersand | single-equals | percent.* | .*-first
    | duration-over-a-window | in-.* | invalid-pattern | label-an-alert-lacks | unknown-(filter|name|value)
    | match-(of-a-percentile|of-two-durations|shorter.*|that.*|with.*) | mixed-labels-in-by | no-comparison | number.*
    | offset-.* | open-template | over-too-long | sum-.* | time-squared | two-values.* | unclosed.* | and-of.*
    | filter-for.* | .*-link-local-.* | never-.* | alerts-that.* | .*-by-its-api | webhook-to-an.* | anchor | byte-order-mark | duplicate-field | group-named-twice
    | growth-by-instance | instances-beyond-the-window
    """,
    re.VERBOSE,
)


class Loader(yaml.SafeLoader):
    """Reads times as text, as YAML 1.2 does, and editors."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def load(text):
    return yaml.load(text, Loader)


def validator(name):
    schema = json.loads((DOCS / "schema" / f"{name}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def examples(page):
    return re.findall(r"^```yaml\n(.*?)^```", (DOCS / page).read_text(), re.MULTILINE | re.DOTALL)


def rules(group="", rule="over: 1m", select="select: {service: a}", alert="A", when="count >= 1"):
    return (
        f"groups:\n  - name: g\n    {group}\n    rules:\n      - alert: {alert}\n        {select}\n        when: {when}\n"
        + "".join(f"        {line}\n" for line in rule.split("; "))
    )


VALID = [
    *(("rules", text) for text in (SLOW_PAYMENTS, *examples("rules.md"))),
    *(("configuration", text) for text in (CONFIGURATION, *examples("configuration.md"), "")),
    *(("rule-tests", text) for text in (TESTS, *examples("rule-tests.md"))),
    *(
        ("rule-tests", f"tests: [{{name: a, operations: [], expect: [{{at: 5m, alerts: [{alert}]}}]}}]\n")
        for alert in (
            "{alert: A, culprit: not clear}",
            "{alert: A, culprit: {component: storage, certainty: likely}}",
            "{alert: A, culprit: {side: not clear, certainty: not clear}}",
            "{alert: A, culprit: connection, state: firing}",
        )
    ),
    *(
        ("rules", text)
        for text in (
            rules(group="limit: 0"),
            rules(group="limit: '10000'"),
            rules(group="interval: 100ms"),
            rules(rule="over: 1h30m; for: 0; keep_firing_for: 1d; by: []"),
            rules(rule="over: 0.5m; labels: {a: 1, b: true, c: ''}; annotations: {a: 1.5, b: '{{ $culprit }}'}"),
            rules(alert=7, select="select: {service: 7, operation: =~ .*, kind: '!= SERVER'}"),
            rules(select="select: {verb: list, group: '', subresource: , scope: '!~ cluster'}"),
            rules(select="match: {verb: create}", when="duration > 10s", rule="for: 0s"),
            rules(select="match: {kind: CLIENT}", when="duration > 10s", rule="over: 5m; by: [service, operation]"),
            rules(rule="over: 1m; incident: false"),
            rules(when="burn_rate(99.9%, 1s, 1h) > 14.4", rule="labels: {severity: page}"),
            rules(when="seen == 0 and count offset 2m >= 60"),
            rules(select="select: {verb: list}", when="share(etcd) > 60% and time(etcd) > 50ms"),
            "groups: [{name: 5, rules: []}]\n",
            "sinks: [{stdout: }, {stdout: {}}, {stdout: {format: json}}]\n",
            "sinks: [{webhook: {url: 'http://[::1]:9093/hook', headers_file: headers}}]\n",
            "sinks: [{webhook: {url: 'HTTPS://me:secret@example.org?a=b', headers_file: 5}}]\n",
            "sinks: [{alertmanager: {url: 'http://127.0.0.1:9093/prefix', headers_file: ./secrets/headers}}]\n",
            "sinks: [{webhook: {url: 'https://a', send_resolved: false, tls_config: {ca_file: certs/ca.crt, min_version: TLS13}}}]\n",
            "sinks: [{alertmanager: {url: 'https://a', tls_config: {cert_file: certs/tls.crt, key_file: certs/tls.key}}}]\n",
            "sinks: [{webhook: {url: 'http://a', authorization: {type: Token, credentials_file: read.token}}}]\n",
            "sinks: [{webhook: {url: 'http://a', basic_auth: {username: a, password_file: read.token}}}]\n",
        )
    ),
    ("rules", (project.ROOT / "Examples" / "rules.yaml").read_text()),
    ("rule-tests", (project.ROOT / "Examples" / "rule-tests.yaml").read_text()),
]


@pytest.mark.parametrize(("schema", "text"), VALID)
def test_what_is_right_is_valid_and_passes_the_check(tmp_path, schema, text):
    errors = list(validator(schema).iter_errors(load(text)))
    assert not errors, errors
    path = tmp_path / "file.yaml"
    path.write_text(text)
    # The files that they name are checked too.
    (tmp_path / "rules.yaml").write_text(SLOW_PAYMENTS)
    for name in ("headers", "5", "secrets/headers", "captures/outage.otlp.lz4", "slow-etcd.otlp.lz4"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "certs").mkdir()
    authority = Authority(tmp_path / "certs")
    authority.issue("tls")
    authority.file.rename(tmp_path / "certs" / "ca.crt")
    for name in ("read.token", "ingest.token"):
        (tmp_path / name).write_text("secret\n")
    if text:
        done = faultline("check", path, directory=tmp_path)
        assert (done.code, done.output) == (0, ""), done.output


def test_the_built_in_rules_are_valid_and_pass_the_check(tmp_path):
    done = faultline("builtin-rules")
    assert done.code == 0
    errors = list(validator("rules").iter_errors(load(done.output)))
    assert not errors, errors
    (tmp_path / "rules.yaml").write_text(done.output)
    assert faultline("check", tmp_path / "rules.yaml").code == 0
    page = (DOCS / "rules-builtin.md").read_text()
    for group in load(done.output)["groups"]:
        assert f"`{group['name']}`" in page
        for rule in group["rules"]:
            assert f"`{rule['alert']}`" in page


@pytest.mark.parametrize("path", FAULTY, ids=lambda path: path.stem)
def test_a_faulty_rule_file_is_refused_where_a_schema_can_tell(path):
    try:
        is_valid = validator("rules").is_valid(load(path.read_bytes()))
    except (yaml.YAMLError, RecursionError):
        is_valid = False
    assert is_valid == bool(BEYOND.fullmatch(path.stem))


def test_the_check_reports_the_fault_of_each_faulty_rule_file():
    folder = FAULTY[0].parent
    # An empty file counts as a configuration unless something says that it holds rules.
    names = [path.name for path in FAULTY if path.stem not in ("empty", "only-a-comment")]
    done = faultline("check", *names, directory=folder)
    assert done.code == 1
    lines = (folder / "expected.txt").read_text().splitlines(keepends=True)
    assert done.output == "".join(line for line in lines if line.split(":")[0] in names)


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ("rules", rules(rule="over: 0")),
        ("rules", rules(rule="over: 0m0s")),
        ("rules", rules(rule="over: 5m1h")),
        ("rules", rules(rule="over: 1m1m")),
        ("rules", rules(rule="over: 60")),
        ("rules", rules(rule="over: 1m; labels: {" + "a" * 101 + ": b}")),
        ("rules", rules(group="limit: 10001")),
        ("rules", rules(group="limit: some")),
        ("rules", rules(group="interval: 0")),
        ("rules", rules(group="limits: 5")),
        ("rules", rules(select="match: {verb: ~, kind: CLIENT}", when="duration > 1s")),
        ("rules", "sinks: [{webhook: {url: 'http://a/b', headers: c}}]\n"),
        ("rules", "sinks: [{webhook: {url: 'http://a b/'}}]\n"),
        ("rules", "sinks: [{webhook: {url: 'http://:9093/'}}]\n"),
        ("rules", "sinks: [{webhook: {headers_file: a}}]\n"),
        ("rules", "sinks: [{alertmanager: {url: 'http://a', api: v2}}]\n"),
        ("rules", "sinks: [{alertmanager: }]\n"),
        ("rules", "sinks: [{alertmanager: {url: 'http://a', send_resolved: false}}]\n"),
        ("rules", "sinks: [{webhook: {url: 'https://a', tls_config: {cert_file: certs/tls.crt}}}]\n"),
        ("rules", "sinks: [{webhook: {url: 'http://a', authorization: {type: basic, credentials_file: read.token}}}]\n"),
        ("rules", "sinks: [{webhook: {url: 'http://a', basic_auth: {username: a, password: b}}}]\n"),
        ("rules", "sinks: [stdout]\n"),
        ("configuration", "evaluation_delay: soon\n"),
        ("configuration", "otlp: {grcp: 127.0.0.1:4317}\n"),
        ("configuration", "window: {max_bytes: lots}\n"),
        ("configuration", "window: {max_operations: 0}\n"),
        ("configuration", "listen: nowhere\n"),
        ("configuration", "listen: {addr: 127.0.0.1:1}\n"),
        ("configuration", "listen: {tls: {cert_file: certs/tls.crt}}\n"),
        ("configuration", "listen: {tls: {cert_file: certs/tls.crt, key_file: certs/tls.key, min_version: TLS10}}\n"),
        ("configuration", "listen: {token_file: ''}\n"),
        ("configuration", "external_labels: {a-b: c}\n"),
        ("configuration", "rules: rules.yaml\n"),
        ("configuration", "limits: {max_streams: 0}\n"),
        ("rule-tests", "tests: [{name: a, operations: []}]\n"),
        ("rule-tests", "tests: [{name: a, expect: []}]\n"),
        ("rule-tests", "tests: [{name: a, operations: [], expect: [{at: 5s1m, alerts: []}]}]\n"),
        ("rule-tests", "tests: [{name: a, operations: [], expect: [{at: soon, alerts: []}]}]\n"),
        ("rule-tests", "tests: [{name: a, operations: [], expect: [{at: 5m, alerts: [{labels: {}}]}]}]\n"),
        *(
            ("rule-tests", f"tests: [{{name: a, operations: [], expect: [{{at: 5m, alerts: [{alert}]}}]}}]\n")
            for alert in (
                "{alert: A, culprit: us}",
                "{alert: A, culprit: {}}",
                "{alert: A, culprit: {certainty: sure}}",
                "{alert: A, culprit: {component: storage, certainty: not clear}}",
                "{alert: A, culprit: {side: not clear, certainty: clear}}",
                "{alert: A, culprit: etcd, state: pending}",
            )
        ),
    ],
)
def test_what_is_wrong_is_refused_by_both(tmp_path, schema, text):
    assert not validator(schema).is_valid(load(text))
    path = tmp_path / "file.yaml"
    path.write_text(text)
    assert faultline("check", path).code == 1
