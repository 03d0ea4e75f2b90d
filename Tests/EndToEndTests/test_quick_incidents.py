"""How soon an incident opens after a fault that touches one verb or a few requests, and who is blamed."""

from datetime import datetime

import pytest

from harness import faults
from harness.command import faultline
from harness.faults import START
from harness.spans import MILLISECOND, SECOND


def slow(verb, filter_name, milliseconds):
    span = faults.slow(faults.is_filter(filter_name), milliseconds * MILLISECOND)
    return faults.within(faults.of_verb(verb), span)


# The fault, and within how many seconds its incident opens
FAULTS = {
    "one read in twenty fails": (faults.failing_requests(faults.of_verb("get"), 0.05), 20),
    "one list in ten fails": (faults.failing_requests(faults.of_verb("list"), 0.1), 25),
    "one transaction in ten fails": (faults.failing_etcd(0.1), 20),
    "half of the mutating webhooks' calls fail": (faults.failing_webhook("Call mutating webhook", 0.5), 20),
    "deletes wait 25 ms for authorization": (slow("delete", "authorization", 25), 30),
    "patches take 15 ms longer in storage": (slow("patch", "GuaranteedUpdate etcd3", 15), 50),
}


@pytest.fixture(scope="module")
def healthy():
    return faults.Recording("steady")


@pytest.mark.parametrize("happened", FAULTS)
def test_a_fault_of_one_verb_opens_an_incident_soon(healthy, tmp_path, happened):
    fault, limit = FAULTS[happened]
    archive = tmp_path / "faulty.otlp"
    archive.write_bytes(healthy.with_fault(fault))
    report = faultline("replay", "--quiet", "--format", "json", archive).json
    opened = [
        datetime.fromisoformat(incident["opened_at"]).timestamp() - healthy.begin / SECOND
        for incident in report["incidents"]
    ]
    assert len(opened) == 1
    assert START <= opened[0] <= START + limit, report["incidents"]
