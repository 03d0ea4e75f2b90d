"""The kinds of faults, each with the sides and components that may be named for it."""

from collections import namedtuple

from simulation import cpu, failures, healthy, slow
from simulation.engine import Fault
from simulation.spans import MUTATING, PROXY, TRANSFORM, VALIDATING

# What a fault does: so many times as long, for this share of what it touches, from begin to end. `typical` are the recording's
# usual durations.
Dose = namedtuple("Dose", "strength share begin end chance typical")

ANY_STRENGTH = (1.5, 2, 3, 5, 10, 30)
ANY_SHARE = (0.05, 0.2, 1)


class Kind:
    """`make(dose)` gives the fault, `life(chance, units)` the units of its time. A verdict is right if it names one of the
    components, or one of the sides if there are none; no side at all: nothing may be said."""

    def __init__(self, make, side, *components, strengths=ANY_STRENGTH, shares=ANY_SHARE, life=None):
        self.make = make
        self.sides = set(side.split()) if side else set()
        self.components = set(components)
        self.strengths = strengths
        self.shares = shares
        self.life = life

    def must_be_found(self, strength, share):
        if not self.sides:
            return False
        if self.strengths != ANY_STRENGTH:
            return strength >= min(10, max(self.strengths)) and share >= 0.2
        return strength >= (3 if share == 1 else 10) and share >= 0.2


def _slow(make, side, *components, shares=ANY_SHARE):
    return Kind(make, side, *components, shares=shares)


def _failing(make, side, *components, shares=ANY_SHARE):
    return Kind(make, side, *components, strengths=(1,), shares=shares)


def _healthy(life=None, make=lambda dose: Fault()):
    return Kind(make, None, strengths=(1,), shares=(1,), life=life)


def _seconds(make, side, *components):
    return Kind(make, side, *components, strengths=(1, 3, 5, 10, 30), shares=(1,))


WHOLE = (1,)
KINDS = {
    "network, constant delay": _slow(lambda dose: slow.network(dose, spread=False), "connection", "etcd-client"),
    "network, spread delay": _slow(lambda dose: slow.network(dose, spread=True), "connection", "etcd-client"),
    "network loses and retries": _slow(slow.lossy_network, "connection", "etcd-client", shares=WHOLE),
    "API server short of CPU": _slow(lambda dose: cpu.short(dose, is_etcd=False), "apiserver"),
    "etcd short of CPU": _slow(lambda dose: cpu.short(dose, is_etcd=True), "etcd", "etcd"),
    "big lists": _slow(cpu.BigLists, "apiserver", shares=WHOLE),
    "slow disk under etcd": _slow(slow.SlowDisk, "etcd", "etcd"),
    "slow mutating webhook": _slow(
        lambda dose: slow.outside(dose, MUTATING, dose.typical.mutating), "webhook", "mutating-webhook"),
    "slow validating webhook": _slow(
        lambda dose: slow.outside(dose, VALIDATING, dose.typical.validating), "webhook", "validating-webhook"),
    "slow token webhook": _slow(slow.token_webhook, "apiserver", "authentication"),
    "slow authorization": _slow(slow.authorization, "apiserver", "authorization"),
    "slow authorization that holds seats": _slow(slow.AuthorizationHoldsSeats, "apiserver", "authorization"),
    "starved priority level": Kind(
        cpu.StarvedLevel, "apiserver", "priority-and-fairness", strengths=(10, 30, 100)),
    "slow KMS plugin": _slow(
        lambda dose: slow.outside(dose, TRANSFORM, dose.typical.request), "apiserver", "transform"),
    "slow KMS plugin, no spans of its own": _slow(slow.kms_without_spans, "apiserver", "storage", "transform"),
    "slow aggregated API server": _slow(lambda dose: slow.outside(dose, PROXY, dose.typical.proxy), "apiserver", "proxy"),
    "etcd stalls once": _seconds(lambda dose: cpu.stopped(dose, is_etcd=True), "etcd", "etcd"),
    "etcd stalls repeatedly": _seconds(lambda dose: cpu.stopped(dose, is_etcd=True, again=True), "etcd", "etcd"),
    "API server stalls repeatedly": _seconds(
        lambda dose: cpu.stopped(dose, is_etcd=False, again=True), "apiserver"),
    "mutating webhook fails": _failing(
        lambda dose: failures.FailingWebhook(dose, MUTATING), "webhook", "mutating-webhook"),
    "validating webhook fails": _failing(
        lambda dose: failures.FailingWebhook(dose, VALIDATING), "webhook", "validating-webhook"),
    "etcd out of space": _failing(
        lambda dose: failures.EtcdAnswersWithErrors(dose, failures.NO_SPACE, only_writes=True), "etcd", "etcd", shares=WHOLE),
    "etcd without a leader": _failing(
        lambda dose: failures.EtcdAnswersWithErrors(dose, failures.NO_LEADER, waits=True), "etcd", "etcd", shares=WHOLE),
    "etcd killed": _failing(failures.etcd_killed, "etcd", "etcd", shares=WHOLE),
    "calls refused, etcd runs": _failing(failures.RefusedCalls, "connection etcd", shares=ANY_SHARE),
    "healthy": _healthy(),
    "healthy, twice the load": _healthy(healthy.busier),
    "healthy, a third of the load": _healthy(healthy.quieter),
    "healthy, more writes": _healthy(healthy.more_writes),
    "healthy, a rollout": _healthy(healthy.rollout),
    "healthy, a big list now and then": _healthy(make=cpu.big_lists_now_and_then),
    "healthy, the API server restarts": _healthy(healthy.api_server_restarts),
    "healthy, etcd restarts": _healthy(make=failures.etcd_restarts),
}
