"""Processes that don't run when they have work, and what takes their place."""

from harness.spans import MILLISECOND
from simulation.engine import Fault
from simulation.additions import another_kind
from simulation.failures import DEADLINE, deadline
from simulation.processes import Process, Seats, quota
from simulation.spans import ANSWERS, ETCD, OF_API_SERVER, QUEUE, SERIALIZE, TO_ETCD

# What a process needs its CPU for when a call or an answer arrives.
_RECEIVE = MILLISECOND // 50
# A longer stretch of a span's own time is a wait of another kind. A handler of etcd's waits for other threads of etcd.
_WORK_AT_MOST = MILLISECOND // 3
_ETCD_AT_MOST = 2 * MILLISECOND


class Paused(Fault):
    """A process stalls now and then. Its work waits until it runs again and then queues for its cores."""

    most_at_once = 100

    def __init__(self, pauses, is_etcd):
        super().__init__()
        self._paused = Process(pauses)
        self._other = Process([])
        self._is_etcd = is_etcd

    def arrive(self, engine, use, time):
        begin = super().arrive
        if self._is_etcd:
            begin(engine, use, time)
        else:
            engine.at(self._paused.run(time, _RECEIVE), lambda now: begin(engine, use, now))

    def work(self, engine, use, node, index, kind, work, time, done):
        is_etcd = kind in (ETCD, TO_ETCD)
        process = self._paused if is_etcd == self._is_etcd else self._other
        if kind in ANSWERS or kind == TO_ETCD:
            work, waiting = _RECEIVE, work
        elif kind in OF_API_SERVER or kind == ETCD:
            most = _ETCD_AT_MOST if is_etcd else _WORK_AT_MOST
            work, waiting = min(work, most), max(0, work - most)
        limit = time + deadline(use)

        def ready(now):
            end = process.run(now, work)
            if kind == TO_ETCD and end > limit:
                use.fail()
                engine.at(limit, lambda now: done(now, DEADLINE))
            else:
                engine.at(end, done)

        if waiting:
            engine.at(time + waiting, ready)
        else:
            ready(time)


def short(dose, is_etcd):
    """Runs only for a part of each period."""
    return Paused(quota(dose.begin, dose.end, 1 / dose.strength, dose.chance, dose.share), is_etcd)


def stopped(dose, is_etcd, again=False):
    """Stands still once, for so many seconds; or again and again, with twenty seconds between."""
    pause = round(dose.strength * 1000) * MILLISECOND
    starts = range(dose.begin, dose.end, pause + 20_000 * MILLISECOND) if again else [dose.begin]
    return Paused([(start, start + pause) for start in starts], is_etcd)


class BigLists(Fault):
    """Clients list so many times at once that encoding the answers takes the CPU. What else there is to do sometimes waits for
    its turn behind them, answers from elsewhere more often, and etcd, which shares the machine, now and then."""

    # Parts of the steps that wait
    _OWN, _ANSWERS, _ETCD = 0.015, 0.6, 0.1
    # How long they wait for each list at most
    _WAIT = 7 * MILLISECOND
    # How long encoding lasts before something else runs, and how long all of it takes
    _SLICE = 60 * MILLISECOND
    _ENCODING = 600 * MILLISECOND

    def __init__(self, dose, between=0):
        super().__init__()
        self._process = Process([])
        self._lists = max(1, round(dose.strength))
        self._end = dose.end
        self._between = between
        self._encoding = 0

    def traffic(self, engine, recording, dose, new_use):
        unit = expensive_list(recording)

        def ask(now):
            if now < self._end:
                engine.begin(new_use(unit), unit.top, now, lambda now: engine.at(now + self._between, ask))

        for number in range(self._lists):
            engine.at(dose.begin + number * MILLISECOND, ask)

    def work(self, engine, use, node, index, kind, work, time, done):
        draw = use.chance.random() if self._encoding else 1
        if use.is_added and kind == SERIALIZE and index == 0:
            self._encoding += 1
            self._encode(engine, self._ENCODING, time, done)
        elif kind in OF_API_SERVER and draw < self._OWN:
            engine.at(self._process.run(time, work), done)
        elif kind in ANSWERS and draw < self._ANSWERS or kind == ETCD and draw < self._ETCD:
            wait = use.chance.uniform(0, self._WAIT * self._lists)
            engine.at(time + work + round(wait), done)
        else:
            engine.at(time + work, done)

    def _encode(self, engine, remaining, time, done):
        if remaining <= 0:
            self._encoding -= 1
            return done(time)
        end = self._process.run(time, self._SLICE)
        engine.at(end, lambda now: self._encode(engine, remaining - self._SLICE, now, done))


def big_lists_now_and_then(dose):
    """One big list every ten seconds."""
    return BigLists(dose, between=10_000 * MILLISECOND)


class StarvedLevel(Fault):
    """One client's expensive lists hold the seats of a priority level; the requests of that level queue."""

    _LISTS = 3

    def __init__(self, dose):
        super().__init__()
        self._share = dose.share
        # The lists take all of the seats, so who comes waits for one of them to end.
        self._seats = Seats(2)
        self._hold = round((dose.strength - 1) * dose.typical.request)
        self._end = dose.end

    def traffic(self, engine, recording, dose, new_use):
        unit = another_kind(expensive_list(recording))

        def ask(now):
            if now < self._end:
                engine.begin(new_use(unit), unit.top, now, ask)

        for number in range(self._LISTS):
            engine.at(dose.begin + number * MILLISECOND, ask)

    def work(self, engine, use, node, index, kind, work, time, done):
        if use.is_added and kind == SERIALIZE and index == 0:
            work += self._hold
        if kind == QUEUE and self._is_of_level(use):
            return self._seats.take(time, lambda now: engine.at(now + work, done))
        engine.at(time + work, done)

    def ended(self, engine, use, node, time):
        if node.steps[0][1] == QUEUE and self._is_of_level(use):
            self._seats.leave(time)

    def _is_of_level(self, use):
        return use.is_added or use.of_level < self._share


def expensive_list(recording):
    """A list of a whole resource that goes through all the usual steps."""
    lists = [unit for unit in recording.units if not unit.is_long and any(node.name == "List" for node in unit.nodes)
             and any(node.name == "SerializeObject" for node in unit.nodes) and unit.top.name == "authentication"]
    return max(lists, key=lambda unit: (unit.path.count("/") == 3, -unit.top.duration))
