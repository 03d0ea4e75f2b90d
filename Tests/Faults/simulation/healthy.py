"""Healthy life that is unlike what came before. Each function gives the units of its time, from all that there would be."""

from harness.spans import MILLISECOND, SECOND


def busier(chance, life):
    """Twice the load."""
    yield from life
    for time, unit in life:
        yield time + chance.randrange(SECOND), unit


def quieter(chance, life):
    """A third of the load."""
    for pair in life:
        if chance.random() < 0.33:
            yield pair


def more_writes(chance, life):
    """Three times as many writes, half as many reads."""
    for time, unit in life:
        if _writes(unit):
            for _ in range(3):
                yield time + chance.randrange(SECOND // 2), unit
        elif unit.request is None or chance.random() < 0.5:
            yield time, unit


def rollout(chance, life):
    """Bursts of creations, each of two seconds."""
    yield from life
    created = [unit for _, unit in life if any(node.name == "Create" for node in unit.nodes)]
    begin, end = life[0][0], life[-1][0]
    for burst in range(begin + 2 * SECOND, end - 2 * SECOND, 9 * SECOND):
        for _ in range(chance.randint(60, 120)):
            yield burst + chance.randrange(2 * SECOND), chance.choice(created)


def api_server_restarts(chance, life):
    """Ten seconds without anything; what was going on never ends."""
    begin = life[0][0] + 10 * SECOND
    for time, unit in life:
        if time + unit.top.duration < begin or time >= begin + 10 * SECOND + chance.randrange(500) * MILLISECOND:
            yield time, unit


def _writes(unit):
    return any(node.name.endswith("KV/Txn") for node in unit.nodes)
