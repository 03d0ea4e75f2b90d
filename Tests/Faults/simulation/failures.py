"""Faults that make calls fail: at once, or when they have waited for too long."""

import re

from harness.spans import MILLISECOND
from simulation.archive import Failure
from simulation.engine import Fault
from simulation.additions import watch_on_etcd
from simulation.spans import ETCD, ETCD_CALL, FROM_ETCD, TO_ETCD

_DIALING = 'connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:2379: connect: connection refused"'
DEADLINE = Failure("rpc.response.status_code", "DeadlineExceeded", "context deadline exceeded")
_REFUSED_AT_LAST = Failure("rpc.response.status_code", "DeadlineExceeded", "latest balancer error: " + _DIALING)
_REFUSED = Failure("rpc.response.status_code", "Unavailable", _DIALING)
_BROKEN = Failure("rpc.response.status_code", "Unavailable", "error reading from server: EOF")
_WEBHOOK = Failure("http.response.status_code", 500)

# What etcd answers, as its own span and as the call have it. A server's span is an error only for some codes.
NO_SPACE = (
    Failure("rpc.response.status_code", "RESOURCE_EXHAUSTED", is_error=False),
    Failure("rpc.response.status_code", "ResourceExhausted", "etcdserver: mvcc: database space exceeded"),
)
NO_LEADER = (
    Failure("rpc.response.status_code", "UNAVAILABLE", "etcdserver: request timed out"),
    Failure("rpc.response.status_code", "Unavailable", "etcdserver: request timed out"),
)
# How long etcd waits for a leader: 5 s and two elections
_LEADERLESS = 7_000 * MILLISECOND
_AT_ONCE = MILLISECOND // 5


def deadline(use):
    """How long a request may take: what its client asks for, or the API server's default here."""
    asked = re.search(r"[?&]timeout=(\d+)s", use.unit.path)
    return (int(asked.group(1)) if asked else 20) * 1000 * MILLISECOND


class FailingWebhook(Fault):
    """A share of the calls of webhooks of one kind is answered with 500; the policy is that the request fails, too."""

    def __init__(self, dose, kind):
        super().__init__()
        self._share = dose.share
        self._kind = kind

    def work(self, engine, use, node, index, kind, work, time, done):
        if kind == self._kind and use.chance.random() < self._share:
            use.fail()
            engine.at(time + work, lambda now: done(now, _WEBHOOK))
        else:
            engine.at(time + work, done)


class EtcdAnswersWithErrors(Fault):
    """etcd answers a share of calls with an error, at once or after waiting for a leader."""

    most_at_once = 40

    def __init__(self, dose, answer, waits=False, only_writes=False):
        super().__init__()
        self._share = dose.share
        self._own, self._callers = answer
        self._wait = _LEADERLESS if waits else 0
        self._only_writes = only_writes

    def work(self, engine, use, node, index, kind, work, time, done):
        if kind == ETCD and self._fails(use, node.parent):
            end = time + (self._wait or min(work, _AT_ONCE))
            engine.at(end, lambda now: done(now, self._own))
        elif kind == FROM_ETCD and self._fails(use, node):
            use.fail()
            engine.at(time + work, lambda now: done(now, self._callers))
        else:
            engine.at(time + work, done)

    def _fails(self, use, call):
        if call is None or not call.is_etcd_call:
            return False
        if call not in use.memory:
            is_meant = not self._only_writes or call.name.endswith(("/Txn", "/LeaseGrant")) and call.within("Delete") is None
            use.memory[call] = is_meant and use.chance.random() < self._share
        return use.memory[call]


class EtcdGone(Fault):
    """etcd is killed and comes back at the end: its port refuses connections, calls wait for it until their deadline."""

    most_at_once = 40
    _WATCHES = 50

    def __init__(self, begin, end):
        super().__init__()
        self._begin = begin
        self._end = end

    def traffic(self, engine, recording, dose, new_use):
        """The watches on etcd break."""
        call = next(node for unit in recording.units for node in unit.nodes if node.is_etcd_call)
        unit = watch_on_etcd(call)
        for number in range(self._WATCHES):
            engine.record(unit.top, new_use(unit), number * MILLISECOND, self._begin + number * MILLISECOND, _BROKEN)

    def work(self, engine, use, node, index, kind, work, time, done):
        if time < self._begin or kind not in (TO_ETCD, ETCD_CALL) or not node.is_etcd_call or time >= self._end:
            engine.at(time + work, done)
        elif time + deadline(use) < self._end:
            use.fail()
            engine.at(time + deadline(use), lambda now: done(now, _REFUSED_AT_LAST))
        else:
            engine.at(self._end + round(use.chance.uniform(0, 1000)) * MILLISECOND + work, done)


def etcd_killed(dose):
    return EtcdGone(dose.begin, dose.end)


def etcd_restarts(dose):
    """Three seconds without etcd."""
    return EtcdGone(dose.begin + 10_000 * MILLISECOND, dose.begin + 13_000 * MILLISECOND)


class RefusedCalls(Fault):
    """A share of the calls is refused at once: something between the two rejects connections."""

    most_at_once = 40

    def __init__(self, dose):
        super().__init__()
        self._share = dose.share

    def work(self, engine, use, node, index, kind, work, time, done):
        if kind in (TO_ETCD, ETCD_CALL) and node.is_etcd_call and use.chance.random() < self._share:
            use.fail()
            engine.at(time + _AT_ONCE, lambda now: done(now, _REFUSED))
        else:
            engine.at(time + work, done)
