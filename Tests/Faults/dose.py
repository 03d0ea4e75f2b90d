#!/usr/bin/env python3
"""Dose and response: puts faults of growing strength into healthy recordings and prints what the verdict says of each.

Runs the release binary, or the one that FAULTLINE_BINARY names."""

import argparse
import multiprocessing
import sys
import tempfile
from collections import namedtuple
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests" / "EndToEndTests"))

from harness.spans import SECOND  # noqa: E402
from simulation import quantiles, scenario, table  # noqa: E402
from simulation.kinds import KINDS  # noqa: E402
from simulation.recording import Recording  # noqa: E402
from simulation.verdicts import judge, replay, verdicts  # noqa: E402

STEADY = ROOT / "Examples" / "captures" / "steady.otlp.lz4"

Case = namedtuple("Case", "recording kind strength share seed")

recording = lru_cache(Recording)


def respond(case):
    """Simulates a case and judges what is said of it."""
    kind = KINDS[case.kind]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "faulty.otlp"
        scenario.write(path, recording(case.recording), kind, case.strength, case.share, case.seed)
        return judge(kind, verdicts(replay(path)))


def observe(case):
    """What the spans of a case look like."""
    observer = quantiles.Observer(scenario.BEFORE * SECOND, (scenario.BEFORE + scenario.LASTS) * SECOND)
    scenario.simulate(observer.add, recording(case.recording), KINDS[case.kind], case.strength, case.share, case.seed)
    return list(observer.rows())


def cases(options):
    return [
        Case(path, name, strength, share, seed)
        for name, kind in KINDS.items() if not options.kind or any(part in name for part in options.kind)
        for share in kind.shares if not options.share or share in options.share
        for strength in kind.strengths if not options.strength or strength in options.strength
        for path in options.recording or [str(STEADY)]
        for seed in range(options.seeds)
        if not options.demanded or not kind.sides or kind.must_be_found(strength, share)
    ]


def heading(case):
    return f"{case.kind:36} {case.share:4.0%} ×{case.strength:<4g} {Path(case.recording).name.partition('.')[0]:18} {case.seed}"


def show(case, response):
    seconds = "" if response.seconds is None else f"{response.seconds:.0f} s"
    is_missed = KINDS[case.kind].must_be_found(case.strength, case.share) and response.outcome != "right"
    print(f"{heading(case)} {response.outcome:9} {seconds:>5} {response.said}{'   missed' if is_missed else ''}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recording", action="append", help="an archive with its facts beside it (default: steady)")
    parser.add_argument("--kind", action="append", help="only kinds whose name contains this")
    parser.add_argument("--strength", type=float, action="append", help="only this strength")
    parser.add_argument("--share", type=float, action="append", help="only where this share is touched, such as 0.2")
    parser.add_argument("--demanded", action="store_true", help="only what must be found, and health")
    parser.add_argument("--seeds", type=int, default=1, help="how often each, with other random numbers")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time")
    parser.add_argument("--markdown", action="store_true", help="print the table for documents")
    parser.add_argument("--quantiles", action="store_true", help="print what the spans look like instead of replaying them")
    parser.add_argument("--write", metavar="FILE", help="write the archive of the first case and do nothing else")
    options = parser.parse_args()
    chosen = cases(options)
    if options.write:
        case = chosen[0]
        scenario.write(Path(options.write), recording(case.recording), KINDS[case.kind], case.strength, case.share, case.seed)
        return
    responses = []
    with multiprocessing.Pool(options.jobs) as pool:
        for case, result in zip(chosen, pool.imap(observe if options.quantiles else respond, chosen)):
            if not options.quantiles:
                show(case, result)
                responses.append((case, result))
                continue
            print(heading(case))
            for what, count, ratios, of_means in result:
                print(f"    {what:22} {count:6} " + " ".join(f"{ratio:8.3g}" for ratio in ratios) + f"  mean {of_means:.3g}")
    if responses:
        print("\n" + table.text(responses, options.markdown))


if __name__ == "__main__":
    main()
