#!/usr/bin/env bash
# Runs the unit tests that are built, all of them or those that arguments of `swift test` name. One that is skipped, since it is
# disabled or its list of cases is empty, has looked at nothing: it fails.
set -euo pipefail
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
swift test --skip-build "$@" 2>&1 | tee "$log"
if grep -E '^[^ ]+ (Test|Suite) .* skipped(:|\.|$)' "$log"; then
    echo "run-unit-tests: those were skipped; what a test needs is in the repository" >&2
    exit 1
fi
