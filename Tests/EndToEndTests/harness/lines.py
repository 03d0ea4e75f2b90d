"""The output of a process, line by line, while it runs."""

import threading
import time

from harness.waiting import DEADLINE


class Lines:
    """Reads a stream to its end on its own thread."""

    def __init__(self, stream):
        self._lines = []
        self._changed = threading.Condition()
        self._is_ended = False
        self._reader = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._reader.start()

    def _read(self, stream):
        with stream:
            for line in stream:
                with self._changed:
                    self._lines.append(line)
                    self._changed.notify_all()
        with self._changed:
            self._is_ended = True
            self._changed.notify_all()

    @property
    def raw(self):
        """The bytes so far."""
        with self._changed:
            return b"".join(self._lines)

    @property
    def all(self):
        return self.raw.decode().splitlines()

    def matching(self, *parts):
        """The lines so far that contain all these parts."""
        with self._changed:
            return self._matching(parts)

    def wait_for(self, *parts, count=1, deadline=DEADLINE):
        """Waits for `count` lines that contain all these parts, and returns them."""
        end = time.monotonic() + deadline
        with self._changed:
            while True:
                lines = self._matching(parts)
                if len(lines) >= count:
                    return lines
                left = end - time.monotonic()
                assert left > 0 and not self._is_ended, (
                    f"{len(lines)} instead of {count} lines with {parts} in:\n{self._text()}"
                )
                self._changed.wait(left)

    def finish(self):
        """Waits for the end of the stream."""
        self._reader.join(DEADLINE)
        assert not self._reader.is_alive(), "the stream is still open"

    def _matching(self, parts):
        lines = (line.decode(errors="replace").rstrip("\n") for line in self._lines)
        return [line for line in lines if all(part in line for part in parts)]

    def _text(self):
        return b"".join(self._lines).decode(errors="replace")
