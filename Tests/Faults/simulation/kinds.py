"""The kinds of faults, each with the sides and components that may be named for it."""

from collections import namedtuple

from simulation import slow
from simulation.processes import quota
from simulation.spans import MUTATING

# `make(dose)` gives the fault. Verdicts are right if they name one of the sides; `components` None: any of the side.
Kind = namedtuple("Kind", "make sides components shares is_whole_kind")

ANY_SHARE = (0.05, 0.2, 1)


def _short_of_cpu(dose, is_etcd):
    pauses = quota(dose.begin, dose.end, 1 / dose.strength, dose.chance, dose.share)
    return slow.ShortOfCPU(pauses, is_etcd)


def _kind(make, side, *components, shares=ANY_SHARE, is_whole_kind=False):
    return Kind(make, {side}, set(components), shares, is_whole_kind)


KINDS = {
    "network, constant delay": _kind(lambda dose: slow.network(dose, spread=False), "connection", "etcd-client"),
    "network, spread delay": _kind(lambda dose: slow.network(dose, spread=True), "connection", "etcd-client"),
    "API server short of CPU": _kind(lambda dose: _short_of_cpu(dose, is_etcd=False), "apiserver"),
    "etcd short of CPU": _kind(lambda dose: _short_of_cpu(dose, is_etcd=True), "etcd", "etcd"),
    "slow disk under etcd": _kind(slow.SlowDisk, "etcd", "etcd"),
    "slow mutating webhook": _kind(
        lambda dose: slow.outside(dose, MUTATING, dose.typical.mutating), "webhook", "mutating-webhook", is_whole_kind=True),
}
