#!/usr/bin/env bash
# Runs the built unit tests, or those selected by arguments of `swift test`. A skipped test (disabled, or with an empty list of
# cases) has checked nothing, so it counts as a failure.
set -euo pipefail
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
swift test --skip-build "$@" 2>&1 | tee "$log"
if grep -E '^[^ ]+ (Test|Suite) .* skipped(:|\.|$)' "$log"; then
    echo "run-unit-tests: the tests above were skipped; everything a test needs must be in the repository" >&2
    exit 1
fi
