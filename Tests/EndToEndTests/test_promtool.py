"""`for`, `keep_firing_for` and burn rates, compared with Prometheus' own evaluation of the same series."""

import random
import subprocess
from datetime import datetime, timezone

import pytest
import yaml

from harness import archives, project, spans
from harness.command import faultline

# 2026-01-01T00:00:00Z, nanoseconds
START = 1_767_225_600 * spans.SECOND
STEP = 15
STEPS = 80
HOLDS = ["0s", "30s", "1m"]
KEEPS = ["0s", "30s", "45s"]
BURN = "burn_rate(90%, 1s, 5m) > 3 and burn_rate(90%, 1s, 1m) > 3"
# Prometheus 2 counts both ends of a range: a second less has as many samples as steps.
PROMETHEUS_BURN = " and ".join(
    f"sum_over_time(bad[{seconds}s]) / sum_over_time(all[{seconds}s]) / 0.1 > 3" for seconds in (299, 59)
)


def random_steps(seed):
    """The number of spans and of bad spans in each step, with calm and troubled phases."""
    chance = random.Random(seed)
    steps, trouble = [], False
    for _ in range(STEPS):
        if chance.random() < 0.25:
            trouble = not trouble
        count = chance.randint(5, 30)
        steps.append((count, sum(chance.random() < (0.6 if trouble else 0.1) for _ in range(count))))
    return steps


def archive(steps):
    records = []
    for number, (count, bad) in enumerate(steps):
        # The last one ends just before the evaluation at the step's end.
        ends = [START + (number * STEP + STEP - 1) * spans.SECOND - index * spans.MILLISECOND for index in range(count)]
        records.append(
            spans.body(
                *(
                    # Bad in one way or the other: failed, or slow.
                    spans.span(
                        start_time_unix_nano=end - (2 * spans.SECOND if index < bad and index % 2 else spans.MILLISECOND),
                        end_time_unix_nano=end,
                        is_error=index < bad and index % 2 == 0,
                    )
                    for index, end in enumerate(ends)
                )
            )
        )
    # One more, whose arrival makes all earlier times be evaluated.
    end = START + (STEPS * STEP + 14) * spans.SECOND
    records.append(spans.body(spans.span(start_time_unix_nano=end, end_time_unix_nano=end)))
    return archives.framed(records)


def rules():
    """The same rules twice: ours, and Prometheus'."""
    ours, theirs = [], []
    for hold in HOLDS:
        for keep in KEEPS:
            for kind, when, expression in (
                ("Ratio", "errors / count + 0 > 20%", "failed / all > 0.2"),
                ("Burn", BURN, PROMETHEUS_BURN),
            ):
                alert = f"{kind}_for_{hold}_keep_{keep}"
                ours.append(
                    {
                        "alert": alert, "select": {"service": "checkout"}, "when": when, "over": f"{STEP}s",
                        "for": hold, "keep_firing_for": keep,
                    }
                )
                theirs.append({"alert": alert, "expr": expression, "for": hold, "keep_firing_for": keep})
    return tuple(
        yaml.safe_dump({"groups": [{"name": "g", "interval": f"{STEP}s", "rules": group}]}) for group in (ours, theirs)
    )


def seconds_since_start(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp() - START / 1e9


@pytest.mark.parametrize("seed", range(6))
def test_the_same_alerts_fire_at_the_same_evaluations(tmp_path, seed):
    steps = random_steps(seed)
    ours, theirs = rules()
    (tmp_path / "ours.yaml").write_text(ours)
    (tmp_path / "theirs.yaml").write_text(theirs)
    (tmp_path / "spans.otlp").write_bytes(archive(steps))
    report = faultline("replay", "--rules", "ours.yaml", "--format", "json", "spans.otlp", directory=tmp_path).json
    assert report["spans"]["late"] == 0

    firing = {}
    for alert in report["alerts"]:
        fired = seconds_since_start(alert["fired_at"])
        resolved = seconds_since_start(alert["resolved_at"]) if alert["resolved_at"] else STEPS * STEP + 1
        for time in range(STEP, STEPS * STEP + 1, STEP):
            if fired <= time < resolved:
                firing.setdefault(alert["alert"], set()).add(time)
    names = [rule["alert"] for rule in yaml.safe_load(theirs)["groups"][0]["rules"]]
    assert any(0 < len(times) < STEPS for times in firing.values())

    def series(name, values):
        # Nothing is known at the start itself.
        return {"series": name, "values": " ".join(["_", *map(str, values)])}

    test = {
        "rule_files": ["theirs.yaml"],
        "evaluation_interval": f"{STEP}s",
        "tests": [
            {
                "interval": f"{STEP}s",
                "input_series": [
                    series("all", [count for count, _ in steps]),
                    series("bad", [bad for _, bad in steps]),
                    series("failed", [(bad + 1) // 2 for _, bad in steps]),
                ],
                "alert_rule_test": [
                    {
                        "eval_time": f"{time}s",
                        "alertname": name,
                        "exp_alerts": [{"exp_labels": {}}] if time in firing.get(name, ()) else [],
                    }
                    for time in range(STEP, STEPS * STEP + 1, STEP)
                    for name in names
                ],
            }
        ],
    }
    (tmp_path / "test.yaml").write_text(yaml.safe_dump(test))
    done = subprocess.run(
        [project.tool("promtool"), "test", "rules", "test.yaml"], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout + done.stderr


# Milliseconds. Below one, Prometheus writes u for micro.
VALUES = [1, 2, 999, 1_000, 1_234, 59_994, 59_999, 60_000, 61_999, 125_600, 3_599_999, 3_600_000, 90_061_500, 600_000_000]


def test_values_are_written_as_prometheus_writes_them(tmp_path):
    ends = [START + (number * STEP + STEP - 1) * spans.SECOND for number in range(len(VALUES))]
    records = [
        spans.body(
            spans.span(str(value), start_time_unix_nano=end - value * spans.MILLISECOND, end_time_unix_nano=end)
        )
        for value, end in zip(VALUES, ends)
    ]
    last = ends[-1] + 30 * spans.SECOND
    records.append(spans.body(spans.span("last", start_time_unix_nano=last, end_time_unix_nano=last)))
    (tmp_path / "spans.otlp").write_bytes(archives.framed(records))
    texts = {
        "value": ("max", "{{ $value }}"),
        "humanize": ("max / 1s", "{{ $value | humanize }}"),
        "duration": ("max", "{{ $value | humanizeDuration }}"),
        "percentage": ("max / 1000s", "{{ $value | humanizePercentage }}"),
    }
    groups = [
        {
            "name": "g",
            "interval": f"{STEP}s",
            "rules": [
                {
                    "alert": name, "select": {"operation": "=~ .+"}, "over": f"{STEP}s", "by": ["operation"],
                    "when": f"{value} > {'0s' if value == 'max' else '0'}", "annotations": {"text": text},
                }
                for name, (value, text) in texts.items()
            ],
        }
    ]
    (tmp_path / "ours.yaml").write_text(yaml.safe_dump({"groups": groups}))
    report = faultline("replay", "--rules", "ours.yaml", "--format", "json", "spans.otlp", directory=tmp_path).json
    ours = {(alert["alert"], alert["labels"]["operation"]): alert["annotations"]["text"] for alert in report["alerts"]}
    rules = [
        {
            "alert": name,
            "expr": "x > 0" if value == "max" else f"x / {value.split('/ ')[1].rstrip('s')} > 0",
            "annotations": {"text": text},
        }
        for name, (value, text) in texts.items()
    ]
    (tmp_path / "theirs.yaml").write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": rules}]}))
    test = {
        "rule_files": ["theirs.yaml"],
        "evaluation_interval": f"{STEP}s",
        "tests": [
            {
                "interval": f"{STEP}s",
                "input_series": [
                    {"series": f'x{{operation="{value}"}}', "values": repr(value / 1000)} for value in VALUES
                ],
                "alert_rule_test": [
                    {
                        "eval_time": "0s",
                        "alertname": name,
                        "exp_alerts": [
                            {
                                "exp_labels": {"operation": str(value)},
                                "exp_annotations": {"text": ours[name, str(value)]},
                            }
                            for value in VALUES
                        ],
                    }
                    for name in texts
                ],
            }
        ],
    }
    (tmp_path / "test.yaml").write_text(yaml.safe_dump(test))
    done = subprocess.run(
        [project.tool("promtool"), "test", "rules", "test.yaml"], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout + done.stderr
