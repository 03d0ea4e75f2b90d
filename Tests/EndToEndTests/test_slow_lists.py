"""Lists, or creates, that all take longer than usual are found, although what they ask for and wait for varies in health."""

import pytest

from harness import project
from simulation import scenario, slow
from simulation.kinds import Kind
from simulation.recording import Recording
from simulation.spans import API
from simulation.verdicts import judge, replay, verdicts

# Seconds from the beginning of the fault.
FOUND_WITHIN = 40


@pytest.fixture(scope="module")
def steady():
    return Recording(project.capture("steady"))


@pytest.mark.parametrize("handler", ["List", "Create"])
def test_handlers_of_one_verb_that_take_longer_are_found(steady, tmp_path, handler):
    def make(dose):
        return slow.outside(dose, API, dose.typical.request, lambda use, node: node.name == handler)

    kind = Kind(make, "apiserver")
    archive = tmp_path / "faulty.otlp"
    scenario.write(archive, steady, kind, strength=10, share=1, seed=0)
    response = judge(kind, verdicts(replay(archive, project.BINARY)))
    assert response.outcome == "right", response
    assert response.seconds <= FOUND_WITHIN, response
