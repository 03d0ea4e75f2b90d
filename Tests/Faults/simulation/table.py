"""The responses to doses as a table: kinds and shares down, strengths across."""

from collections import Counter, defaultdict
from statistics import median

from simulation.kinds import ANY_STRENGTH, KINDS
from simulation.verdicts import OUTCOMES


def rows(responses):
    """Cells of text for pairs of case and response."""
    cells = defaultdict(list)
    for case, response in responses:
        cells[case.kind, case.share, case.strength].append(response)
    for name, kind in KINDS.items():
        for share in kind.shares:
            found = {strength: cells[name, share, strength] for strength in kind.strengths if (name, share, strength) in cells}
            if not found:
                continue
            if kind.strengths == ANY_STRENGTH:
                yield [name, f"{share:.0%}", *(_cell(found.get(strength, [])) for strength in ANY_STRENGTH)]
            else:
                text = "; ".join(f"{_strength(kind, strength)}{_cell(one)}" for strength, one in found.items())
                yield [name, f"{share:.0%}" if len(kind.shares) > 1 else "", text, *[""] * (len(ANY_STRENGTH) - 1)]


def _strength(kind, strength):
    if kind.strengths == (1,):
        return ""
    return f"{strength:g} s: " if kind.strengths[0] == 1 else f"×{strength:g}: "


def _cell(responses):
    if not responses:
        return ""
    counts = Counter(response.outcome for response in responses)
    seconds = [response.seconds for response in responses if response.seconds is not None]
    text = ", ".join(f"{counts[one]} {one}" if len(counts) > 1 else one for one in OUTCOMES if counts[one])
    return f"{text} ({median(seconds):.0f} s)" if seconds else text


def text(responses, markdown):
    """The table and what follows from it."""
    head = ["fault", "touched", *(f"×{strength:g}" for strength in ANY_STRENGTH)]
    lines = list(rows(responses))
    if markdown:
        table = [head, ["---"] * len(head), *lines]
        return "\n".join("| " + " | ".join(line) + " |" for line in table) + "\n\n" + _summary(responses)
    widths = [max(len(line[column]) for line in [head, *lines]) if column < 2 else 20 for column in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in [head, *lines]) \
        + "\n\n" + _summary(responses)


def _summary(responses):
    demanded = [response for case, response in responses if KINDS[case.kind].must_be_found(case.strength, case.share)]
    healthy = [response for case, response in responses if not KINDS[case.kind].sides]
    faults = [response for case, response in responses if KINDS[case.kind].sides]
    right = ("right", "side only")
    lines = [
        f"Wrong: {_share(faults, lambda one: one.outcome == 'wrong')} of all faults",
        f"Right: {_share(demanded, lambda one: one.outcome == 'right')} of those that must be found "
        f"(the side: {_share(demanded, lambda one: one.outcome in right)})",
        f"Within 30 s: {_share([one for one in demanded if one.seconds is not None], lambda one: one.seconds <= 30)} of these",
        f"Silent in health: {_share(healthy, lambda one: one.outcome == 'right')}",
    ]
    for certainty in ("clear", "likely"):
        sure = [response for response in faults if response.certainty == certainty]
        lines.append(f"The side is right where it is {certainty}: {_share(sure, lambda one: one.outcome in right)}")
    return "\n".join(lines)


def _share(responses, is_counted):
    counted = sum(map(is_counted, responses))
    return f"{counted} of {len(responses)}" + (f" ({counted / len(responses):.1%})" if responses else "")
