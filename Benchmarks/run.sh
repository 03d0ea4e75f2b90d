#!/usr/bin/env bash
# Runs all benchmarks, or the named stages: memory decode append attribution record lock quantile history evaluate builtin-rules replay
# archive transport serve. The stage `instructions` counts instructions per span with callgrind. See docs/benchmarks.md.
set -euo pipefail
cd "$(dirname "$0")"

named=" ${*:-memory decode append attribution record lock quantile history evaluate builtin-rules replay archive transport serve} "
wants() { [[ "$named" == *" $1 "* ]]; }
native=()
for stage in memory decode append attribution record lock quantile history evaluate builtin-rules replay archive; do
    if wants "$stage"; then native+=("$stage"); fi
done

swift build -c release --package-path .. --product faultline
swift build -c release --package-path .. --product Benchmarks
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export FAULTLINE_BINARY="$PWD/../.build/release/faultline"

if [ ${#native[@]} -gt 0 ]; then
    if wants quantile; then export FAULTLINE_COLUMNS="$work/columns"; fi
    ../.build/release/Benchmarks "${native[@]}"
fi
if wants quantile; then
    [ -d .venv ] || python3 -m venv .venv
    .venv/bin/pip install --quiet -r requirements.txt
    .venv/bin/python duckdb_quantiles.py "$work/columns"
fi
if wants transport; then transport/run.sh; fi
if wants serve; then serve/run.sh; fi

# instructions WHAT FUNCTION STAGE WORKLOAD: prints the instructions within a function, per span of a workload.
instructions() {
    W=$4 valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect="$2" "$work/stripped" "$3" \
        >"$work/spans" 2>"$work/collected"
    spans=$(sed -n "$(($4 + 1))s/.*: \([0-9]*\) spans.*/\1/p" "$work/spans")
    collected=$(sed -n 's/.*Collected : *\([0-9]*\).*/\1/p' "$work/collected")
    echo "$1: $((collected / spans)) instructions a span"
}
if wants instructions; then
    # Valgrind can't read the debug information.
    cp ../.build/release/Benchmarks "$work/stripped"
    strip -g "$work/stripped"
    instructions 'decode, steady' '*DecodeBenchmark*decode*Workload*' instructions 0
    instructions 'decode, synthetic' '*DecodeBenchmark*decode*Workload*' instructions 1
    instructions 'attribution, steady' '*10AttributorV6settle*' attribution-instructions 0
fi
