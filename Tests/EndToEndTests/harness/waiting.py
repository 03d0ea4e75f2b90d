"""Waiting for conditions."""

import threading
import time

# Seconds: far more than anything here takes even on a busy machine, so only a failure waits this long.
DEADLINE = 120
# Seconds between two checks.
PAUSE = 0.02


def eventually(condition, what, deadline=DEADLINE):
    """Calls `condition()` until it returns a true value or the deadline has passed. Returns that value."""
    end = time.monotonic() + deadline
    pause = threading.Event()
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"not within {deadline} s: {what}"
        pause.wait(PAUSE)
