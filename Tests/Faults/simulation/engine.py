"""Plays units with a fault: every step of a span begins when what it waits for is over."""

import heapq
from itertools import count


class Engine:
    """A simulation in order of time. `fault.work` decides how long each step takes."""

    def __init__(self, fault, record):
        self.fault = fault
        self.record = record
        self._events = []
        self._number = count()

    def at(self, time, action):
        """Calls `action(time)` when it is that late."""
        heapq.heappush(self._events, (time, next(self._number), action))

    def run(self):
        while self._events:
            time, _, action = heapq.heappop(self._events)
            action(time)

    def play(self, use, time):
        """Begins a unit at a time."""
        self.at(time, lambda now: self.fault.arrive(self, use, now))

    def begin(self, use, node, time, done):
        """Plays a span from now on and then calls `done(time)`."""
        steps = node.steps
        own_failure = None

        def step(index, now):
            work, kind, group = steps[index]
            if use.failure is not None:
                group = [part for part in group if part[1].name == "SerializeObject"]
                if not group and index < len(steps) - 1:
                    return step(index + 1, now)

            def worked(now, failure=None):
                nonlocal own_failure
                if failure is not None:
                    own_failure = failure
                    return finish(now)
                if index == len(steps) - 1:
                    return finish(now)
                self._children(use, group, now, lambda now: step(index + 1, now))

            self.fault.work(self, use, node, index, kind, work, now, worked)

        def finish(now):
            failure = own_failure
            if failure is None and node.is_request and use.failure is not None:
                failure = use.failure
            self.record(node, use, time, now, failure)
            self.fault.ended(self, use, node, now)
            done(now)

        step(0, time)

    def _children(self, use, group, time, done):
        waiting = sum(is_awaited for _, _, is_awaited in group)

        def ended(now):
            nonlocal waiting
            waiting -= 1
            if waiting == 0:
                done(now)

        for offset, child, is_awaited in group:
            then = ended if is_awaited else _ignore
            if offset:
                self.at(time + offset, lambda now, child=child, then=then: self.begin(use, child, now, then))
            else:
                self.begin(use, child, time, then)
        if not any(is_awaited for _, _, is_awaited in group):
            done(time)


def _ignore(_):
    pass


class Fault:
    """Health: everything takes as long as it took."""

    # Clients wait for answers before they ask again, so there are never more requests at once.
    most_at_once = 200

    def __init__(self):
        self._at_once = 0

    def arrive(self, engine, use, time):
        if self._at_once < self.most_at_once:
            self._at_once += 1
            engine.begin(use, use.unit.top, time, self._leave)

    def _leave(self, _):
        self._at_once -= 1

    def traffic(self, engine, recording, dose, new_use):
        """Plays what the fault adds to the load; `new_use(unit)` gives it ids of its own."""

    def work(self, engine, use, node, index, kind, work, time, done):
        """Calls `done(time)` when the step is over, or `done(time, failure)` if the span fails."""
        engine.at(time + work, done)

    def ended(self, engine, use, node, time):
        """A span is over."""


class Together(Fault):
    """Several faults at once: a step is over once it is over for each of them, one after the other."""

    def __init__(self, *faults):
        super().__init__()
        self._faults = faults

    def traffic(self, engine, recording, dose, new_use):
        for fault in self._faults:
            fault.traffic(engine, recording, dose, new_use)

    def work(self, engine, use, node, index, kind, work, time, done):
        first, *rest = self._faults

        def worked(now, failure=None):
            if failure is not None:
                return done(now, failure)
            return rest.pop(0).work(engine, use, node, index, kind, 0, now, worked) if rest else done(now)

        first.work(engine, use, node, index, kind, work, time, worked)

    def ended(self, engine, use, node, time):
        for fault in self._faults:
            fault.ended(engine, use, node, time)
