#!/usr/bin/env python3
"""Dose and response: puts faults of growing strength into healthy recordings and prints what the verdict says of each.

Runs the release binary, or the one that FAULTLINE_BINARY names."""

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections import Counter, namedtuple
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests" / "EndToEndTests"))

from harness.spans import SECOND  # noqa: E402
from simulation import scenario  # noqa: E402
from simulation.kinds import KINDS  # noqa: E402
from simulation.recording import Recording  # noqa: E402

BINARY = os.environ.get("FAULTLINE_BINARY") or ROOT / ".build" / "release" / "faultline"
# In the order of how good they are
OUTCOMES = ("right", "side only", "not clear", "silent", "wrong")

Case = namedtuple("Case", "recording kind strength share seed")
Response = namedtuple("Response", "outcome seconds said")


def replay(path):
    done = subprocess.run([BINARY, "replay", "--quiet", "--format", "json", path], check=True, capture_output=True)
    return json.loads(done.stdout)


def verdicts(report):
    """What was said and when, as pairs of seconds from the fault's start and a culprit: incidents if there are any."""
    found = []
    if "incidents" in report:
        found = [(one["opened_at"], one["culprit"]) for one in report["incidents"]]
    else:
        found = [(one["fired_at"], one["evidence"]["culprit"]) for one in report["alerts"] if one.get("fired_at")]
    begin = scenario.BEGIN / SECOND + scenario.BEFORE
    return sorted(((datetime.fromisoformat(time).timestamp() - begin, culprit) for time, culprit in found),
                  key=lambda verdict: verdict[0])


def respond(case):
    """Simulates a case and judges what is said of it."""
    kind = KINDS[case.kind]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "faulty.otlp"
        scenario.write(path, recording(case.recording), kind, case.strength, case.share, case.seed)
        return judge(kind, verdicts(replay(path)))


def judge(kind, found):
    said = sorted({f"{culprit['side']}/{culprit['component']} {culprit['certainty']}" for _, culprit in found})
    sure = [(seconds, culprit) for seconds, culprit in found if culprit["side"] is not None]
    if any(seconds < 0 for seconds, _ in found) or any(culprit["side"] not in kind.sides for _, culprit in sure):
        outcome = "wrong"
    elif not found:
        outcome = "silent" if kind.sides else "right"
    elif not sure:
        outcome = "not clear"
    elif kind.components and not any(culprit["component"] in kind.components for _, culprit in sure):
        outcome = "side only"
    else:
        outcome = "right"
    return Response(outcome, found[0][0] if found else None, ", ".join(said))


_recordings = {}


def recording(path):
    if path not in _recordings:
        _recordings[path] = Recording(path)
    return _recordings[path]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recording", action="append", help="an archive with its facts beside it (default: steady)")
    parser.add_argument("--kind", action="append", help="only kinds whose name contains this")
    parser.add_argument("--strength", type=float, action="append")
    parser.add_argument("--share", type=float, action="append")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    steady = ROOT / "Examples" / "captures" / "steady.otlp.lz4"
    cases = [
        Case(path, name, strength, share, seed)
        for name, kind in KINDS.items() if not options.kind or any(part in name for part in options.kind)
        for share in kind.shares if not options.share or share in options.share
        for strength in kind.strengths if not options.strength or strength in options.strength
        for path in options.recording or [str(steady)]
        for seed in range(options.seeds)
    ]
    with multiprocessing.Pool(options.jobs) as pool:
        responses = []
        for case, response in zip(cases, pool.imap(respond, cases)):
            responses.append((case, response))
            seconds = "" if response.seconds is None else f"{response.seconds:4.0f} s"
            print(f"{case.kind:32} {case.share:5.0%} ×{case.strength:<4g} {case.seed} {response.outcome:9} {seconds:6} {response.said}",
                  flush=True)
    print(Counter(response.outcome for _, response in responses))


if __name__ == "__main__":
    main()
