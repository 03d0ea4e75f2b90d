"""What is said of an archive, and whether it is right."""

import json
import os
import subprocess
from collections import namedtuple
from datetime import datetime
from pathlib import Path

from harness.spans import SECOND
from simulation import scenario

RELEASE = Path(__file__).resolve().parents[3] / ".build" / "release" / "faultline"
# From the best to the worst.
OUTCOMES = ("right", "side only", "not clear", "silent", "wrong")

# `seconds` from the fault's start until something was said; `certainty` of the surest verdict.
Response = namedtuple("Response", "outcome seconds certainty said")


def replay(path, binary=os.environ.get("FAULTLINE_BINARY") or RELEASE):
    done = subprocess.run([binary, "replay", "--quiet", "--format", "json", path], check=True, capture_output=True)
    return json.loads(done.stdout)


def verdicts(report):
    """What was said and when, as pairs of seconds from the fault's start and a culprit: incidents if there are any."""
    if "incidents" in report:
        # The restart of a component is only for the record.
        found = [(one["opened_at"], one["culprit"]) for one in report["incidents"] if one.get("severity") != "info"]
    else:
        found = [(one["fired_at"], one["evidence"]["culprit"]) for one in report["alerts"] if one.get("fired_at")]
    begin = scenario.BEGIN / SECOND + scenario.BEFORE
    pairs = [(datetime.fromisoformat(time).timestamp() - begin, culprit) for time, culprit in found]
    return sorted(pairs, key=lambda pair: pair[0])


def judge(kind, found):
    """What verdicts on a fault of this kind are worth."""
    sure = [culprit for _, culprit in found if culprit["side"] is not None]
    said = sorted({f"{culprit['component'] or culprit['side'] or ''} {culprit['certainty']}".strip() for _, culprit in found})
    seconds = found[0][0] if found else None
    certainty = next((one for one in ("clear", "likely") if any(culprit["certainty"] == one for culprit in sure)), None)
    return Response(_outcome(kind, found, sure), seconds, certainty, ", ".join(said))


def _outcome(kind, found, sure):
    if not found:
        return "silent" if kind.sides else "right"
    if not kind.sides or found[0][0] < 0 or any(culprit["side"] not in kind.sides for culprit in sure):
        return "wrong"
    if not sure:
        return "not clear"
    is_named = not kind.components or any(culprit["component"] in kind.components for culprit in sure)
    return "right" if is_named else "side only"
