"""Two faults at once are two incidents, if the alerts of each say clearly what is slow."""

import pytest

from harness import project
from simulation import scenario, slow
from simulation.engine import Together
from simulation.kinds import Kind
from simulation.recording import Recording
from simulation.spans import MUTATING
from simulation.verdicts import replay


def mutating_webhook(dose):
    return slow.outside(dose, MUTATING, dose.typical.mutating)


PAIRS = {
    ("etcd", "authentication"): lambda dose: Together(slow.SlowDisk(dose), slow.token_webhook(dose)),
    ("etcd", "mutating-webhook"): lambda dose: Together(slow.SlowDisk(dose), mutating_webhook(dose)),
    ("authentication", "mutating-webhook"): lambda dose: Together(slow.token_webhook(dose), mutating_webhook(dose)),
    ("etcd-client", "authentication"): lambda dose: Together(slow.network(dose, spread=False), slow.token_webhook(dose)),
}


@pytest.fixture(scope="module")
def steady():
    return Recording(project.capture("steady"))


def incidents(steady, folder, make, strength):
    archive = folder / "faulty.otlp"
    scenario.write(archive, steady, Kind(make, "any"), strength, 1, seed=0)
    return replay(archive, project.BINARY)["incidents"]


@pytest.mark.parametrize("components", PAIRS, ids=" and ".join)
def test_each_of_two_faults_is_an_incident(steady, tmp_path, components):
    found = [incident["culprit"] for incident in incidents(steady, tmp_path, PAIRS[components], 30)]
    assert sorted(culprit["component"] for culprit in found) == sorted(components), found
    assert all(culprit["certainty"] == "clear" for culprit in found), found
