"""What work waits for: a process that doesn't always run, a disk that commits in groups, seats of a priority level."""

from collections import deque

from harness.spans import MILLISECOND


class Process:
    """A process with some cores. It stalls during its pauses, and its work then queues."""

    def __init__(self, pauses, cores=2):
        """`pauses` are pairs of beginning and end, in order of time."""
        self._pauses = pauses
        self._next = 0
        self._free = [0] * cores

    def run(self, time, work):
        """When work that arrives at this time is done. Calls come in order of time."""
        core = min(range(len(self._free)), key=self._free.__getitem__)
        while self._next < len(self._pauses) and self._pauses[self._next][1] <= min(time, *self._free):
            self._next += 1
        end = self._advance(max(time, self._free[core]), work)
        self._free[core] = end
        return end

    def _advance(self, time, work):
        for begin, end in self._pauses[self._next :]:
            if time + work < begin:
                break
            if time < begin:
                work -= begin - time
            time = max(time, end)
        return time + work


def quota(begin, end, share, chance, touched, period=100 * MILLISECOND):
    """Pauses of a process that runs only this share of each period; of the periods, only a part is touched."""
    pauses = []
    for number in range((end - begin) // period):
        if chance.random() < touched:
            start = begin + number * period
            pauses.append((start + round(period * share), start + period))
    return pauses


class Disk:
    """A disk that takes its time to commit: writes that arrive meanwhile are committed together next."""

    def __init__(self):
        self._end = 0
        self._next_end = None

    def commit(self, time, duration):
        """When a write that arrives now is on the disk. Calls come in order of time."""
        self._pass(time)
        if time >= self._end:
            self._end = time + duration
            return self._end
        if self._next_end is None:
            self._next_end = self._end + duration
        return self._next_end

    def idle(self, time):
        """When the commit that is going on is over."""
        self._pass(time)
        return max(time, self._end)

    def _pass(self, time):
        if self._next_end is not None and time >= self._end:
            self._end, self._next_end = self._next_end, None


class Seats:
    """The seats of a priority level: who finds none waits its turn."""

    def __init__(self, count):
        self._free = count
        self._queue = deque()

    def take(self, time, seated):
        if self._free > 0:
            self._free -= 1
            seated(time)
        else:
            self._queue.append(seated)

    def leave(self, time):
        if self._queue:
            self._queue.popleft()(time)
        else:
            self._free += 1
