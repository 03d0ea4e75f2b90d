"""Measures a real daemon against the floors of docs/benchmarks.md: scrapes, questions, health checks and memory under load, and
compressed exports. CPU times and peaks are the daemon's, from /proc."""

import argparse
from dataclasses import dataclass

import exports
import load
import questions
import scrapes
import watched


@dataclass
class Row:
    """A measured figure; less is better."""

    what: str
    floor: float
    aim: float
    figure: float
    unit: str

    @property
    def verdict(self):
        if self.figure <= self.aim:
            return ""
        return "floor met" if self.figure <= self.floor else "MISSED"


STAGES = {"scrape": scrapes.measure, "gzip": exports.measure, "questions": questions.measure, "load": load.measure,
          "watched": watched.measure}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ["capture", "load", "faultline"]:
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--only", nargs="+", choices=STAGES, default=list(STAGES))
    parser.add_argument("--rate", type=int, default=100_000, help="spans a second while health is probed")
    parser.add_argument("--seconds", type=float, default=30, help="of each phase under load")
    parser.add_argument("--fill", type=float, default=12, help="seconds of filling the window, as fast as spans are taken")
    parser.add_argument("--memory", type=int, default=2048, help="limits.memory while loaded, MiB")
    parser.add_argument(
        "--client-nice", type=int, default=0,
        help="niceness of the eight clients: above 0 they don't compete with the daemon, as if they were elsewhere")
    arguments = parser.parse_args()
    rows = []
    for stage in arguments.only:
        print(f"\n{stage}", flush=True)
        rows += [Row(*row) for row in STAGES[stage](arguments)]
    print(f"\n{'':62} {'floor':>8} {'aim':>8} {'figure':>8}")
    for row in rows:
        print(f"{row.what:62} {row.floor:8g} {row.aim:8g} {row.figure:8.2f} {row.unit:3} {row.verdict}")


if __name__ == "__main__":
    main()
