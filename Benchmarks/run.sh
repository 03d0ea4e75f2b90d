#!/usr/bin/env bash
# All benchmarks, or the stages named: memory decode append attribution record lock quantile history evaluate replay
# archive. See docs/benchmarks.md.
set -euo pipefail
cd "$(dirname "$0")"

swift build -c release --package-path .. --product faultline
swift build -c release
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
wants() { [ $# -lt 2 ] || [[ " ${*:2} " == *" $1 "* ]]; }

export FAULTLINE_BINARY="$PWD/../.build/release/faultline"
if wants quantile "$@"; then export FAULTLINE_COLUMNS="$work/columns"; fi
.build/release/Benchmarks "$@"
if wants quantile "$@"; then
    [ -d .venv ] || python3 -m venv .venv
    .venv/bin/pip install --quiet -r requirements.txt
    .venv/bin/python duckdb_quantiles.py "$work/columns"
fi
