#!/usr/bin/env bash
# Prints the commit that is checked out, for FAULTLINE_COMMIT, with `-dirty` if tracked files have been changed. Prints nothing
# outside a clone. A FAULTLINE_COMMIT that is set already wins.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -n "${FAULTLINE_COMMIT:-}" ]; then
    echo "$FAULTLINE_COMMIT"
# Sources that were unpacked inside another project's clone don't have that project's commit.
elif [ "$(git rev-parse --show-toplevel 2>/dev/null)" = "$(pwd -P)" ]; then
    git describe --always --abbrev=40 --dirty --exclude='*'
fi
