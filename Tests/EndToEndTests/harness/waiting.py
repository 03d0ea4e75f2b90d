"""Waiting for a condition that nothing announces."""

import threading
import time

# Seconds. Far more than anything here takes, also on a busy machine: only a failure waits this long.
DEADLINE = 120
# Seconds between two looks.
PAUSE = 0.02


def eventually(condition, what, deadline=DEADLINE):
    """The first true value of `condition()`, which is asked again and again until the deadline."""
    end = time.monotonic() + deadline
    pause = threading.Event()
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"not within {deadline} s: {what}"
        pause.wait(PAUSE)
