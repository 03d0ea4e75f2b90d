"""Faults simulated at the level of processes: no verdict names another side, and what must be found is found."""

import pytest

from harness import project
from simulation import scenario
from simulation.kinds import KINDS
from simulation.recording import Recording
from simulation.verdicts import judge, replay, verdicts

# Kind, strength, share
FOUND = [
    ("network, constant delay", 10, 1),
    ("API server short of CPU", 30, 1),
    ("etcd short of CPU", 30, 1),
    ("slow disk under etcd", 10, 1),
    ("slow mutating webhook", 10, 1),
    ("slow token webhook", 10, 1),
    ("slow authorization that holds seats", 10, 1),
    ("mutating webhook fails", 1, 1),
    ("etcd out of space", 1, 1),
]
# Seconds from the beginning of the fault.
FOUND_WITHIN = 30
# A few milliseconds more, or few requests: found once most of half a minute shows them.
FOUND_BY_STATISTICS = [
    ("network, constant delay", 10, 0.2),
    ("network, spread delay", 30, 0.2),
    ("network loses and retries", 3, 1),
    ("slow disk under etcd", 3, 1),
    ("slow mutating webhook", 3, 1),
    ("slow token webhook", 10, 0.2),
    ("slow authorization", 10, 0.2),
    ("slow KMS plugin, no spans of its own", 10, 1),
    ("mutating webhook fails", 1, 0.2),
]
FOUND_BY_STATISTICS_WITHIN = 45
# Too little to be found for certain.
FAINT = [("slow disk under etcd", 2, 0.2)]
HEALTHY = ["healthy, twice the load", "healthy, a rollout"]


@pytest.fixture(scope="module")
def steady():
    return Recording(project.capture("steady"))


def respond(steady, folder, name, strength, share, seed=0):
    kind = KINDS[name]
    archive = folder / "faulty.otlp"
    scenario.write(archive, steady, kind, strength, share, seed)
    return judge(kind, verdicts(replay(archive, project.BINARY)))


@pytest.mark.parametrize("name, strength, share", FOUND)
def test_a_fault_that_must_be_found_is_named(steady, tmp_path, name, strength, share):
    response = respond(steady, tmp_path, name, strength, share)
    assert response.outcome == "right", response
    assert response.seconds <= FOUND_WITHIN, response


@pytest.mark.parametrize("name, strength, share", FOUND_BY_STATISTICS)
def test_what_takes_milliseconds_more_than_usual_is_named(steady, tmp_path, name, strength, share):
    response = respond(steady, tmp_path, name, strength, share)
    assert response.outcome == "right", response
    assert response.seconds <= FOUND_BY_STATISTICS_WITHIN, response


@pytest.mark.parametrize("name, strength, share", FAINT)
def test_a_faint_fault_is_never_blamed_on_another_side(steady, tmp_path, name, strength, share):
    response = respond(steady, tmp_path, name, strength, share)
    assert response.outcome in ("right", "not clear", "silent"), response


@pytest.mark.parametrize("name", HEALTHY)
def test_nothing_is_said_of_health(steady, tmp_path, name):
    response = respond(steady, tmp_path, name, 1, 1)
    assert response.outcome == "right", response


def test_a_burst_of_other_work_in_the_second_half_minute_is_no_fault(steady, tmp_path):
    # With these random numbers the first half minute is calm, the next one busy.
    response = respond(steady, tmp_path, "healthy", 1, 1, seed=4)
    assert response.outcome == "right", response
