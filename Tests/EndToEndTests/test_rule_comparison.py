"""`faultline replay --compare`: what other rules would have done over the same spans."""

from harness.command import faultline
from harness.project import EXAMPLE

NEW = """\
groups:
  - name: g
    interval: 5s
    rules:
      - {alert: Slow, select: {service: etcd}, when: p99 > 150ms and count >= 30, over: 1m, by: [operation]}
      - {alert: Never, select: {service: etcd}, when: p99 > 1h, over: 1m}
"""
OLD = """\
groups:
  - name: g
    interval: 5s
    rules:
      - {alert: Slow, select: {service: etcd}, when: p99 > 200ms and count >= 30, over: 1m, by: [operation], for: 30s}
      - {alert: Gone, select: {service: etcd}, when: count >= 1, over: 1m}
"""


def test_each_rule_is_shown_beside_the_old_one(tmp_path):
    for name, text in (("new.yaml", NEW), ("old.yaml", OLD)):
        (tmp_path / name).write_text(text)

    def replay(*options):
        return faultline("replay", *options, "--format", "json", EXAMPLE, directory=tmp_path).json

    both = replay("--rules", "new.yaml", "--compare", "old.yaml")
    new, old = replay("--rules", "new.yaml"), replay("--rules", "old.yaml")
    # Alerts are those of the new rules, as if there were no others.
    assert both["alerts"] == new["alerts"]
    assert "comparison" not in new
    rows = {row["alert"]: row for row in both["comparison"]}
    assert list(rows) == ["Slow", "Never", "Gone"]
    assert rows["Never"] == {
        "alert": "Never", "group": "g", "new": {"fired": 0, "firing_seconds": 0}, "old": None,
    }
    assert rows["Gone"]["new"] is None
    for side, report in (("new", new), ("old", old)):
        alerts = [alert for alert in report["alerts"] if alert["alert"] == "Slow"]
        assert rows["Slow"][side]["fired"] == len(alerts) > 0
    assert rows["Slow"]["new"]["firing_seconds"] > rows["Slow"]["old"]["firing_seconds"] > 0


def test_the_text_has_a_table(tmp_path):
    (tmp_path / "old.yaml").write_text(OLD)
    done = faultline("replay", "--compare", tmp_path / "old.yaml", EXAMPLE)
    assert done.code == 0
    table = done.output.split("Rules compared")[1].splitlines()
    assert any(line.split()[:2] == ["-", "1"] and "Gone (g)" in line for line in table)


def test_rules_compared_with_themselves_are_the_same():
    report = faultline("replay", "--compare", "builtin", "--format", "json", EXAMPLE).json
    assert report["comparison"]
    assert all(row["new"] == row["old"] for row in report["comparison"])


def test_a_faulty_file_to_compare_with_is_reported(tmp_path):
    (tmp_path / "old.yaml").write_text("groups: {}\n")
    done = faultline("replay", "--compare", tmp_path / "old.yaml", EXAMPLE)
    assert (done.code, done.output) == (2, "")
    assert "old.yaml:1:9: " in done.errors
