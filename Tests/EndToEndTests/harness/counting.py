"""How much a daemon's counters change during a block of code."""


class Counting:
    """After `with Counting(daemon) as change:` come `change.accepted` and the others."""

    def __init__(self, daemon):
        self._daemon = daemon

    def __enter__(self):
        self._before = self._daemon.metrics()
        return self

    def __exit__(self, kind, error, trace):
        if kind is None:
            before, after = self._before, self._daemon.metrics()
            self.received = after.received - before.received
            self.accepted = after.accepted - before.accepted
            self.duplicates = after.duplicates - before.duplicates
            self.rejected = _difference(before.rejected, after.rejected)
            self.refused = {
                transport: _difference(before.refused(transport), after.refused(transport))
                for transport in ("grpc", "http", "query")
            }
            assert self.received == self.accepted + self.duplicates + sum(self.rejected.values())


def _difference(before, after):
    changes = {reason: value - before.get(reason, 0) for reason, value in after.items()}
    return {reason: change for reason, change in changes.items() if change}
