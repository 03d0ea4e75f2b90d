#!/usr/bin/env bash
# Measures what a daemon answers while it is loaded, and prints a table with floors and aims. See docs/benchmarks.md.
# usage: run.sh [OPTION…], options as of floors.py: --only scrape gzip questions load watched, --seconds 30 …
set -euo pipefail
cd "$(dirname "$0")"

swift build -c release --package-path ../.. --product faultline
swift build -c release --package-path ../.. --product faultline-load

PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=../transport python3 floors.py --capture ../../Examples/slow-etcd.otlp.lz4 \
    --load ../../.build/release/faultline-load --faultline "${FAULTLINE_BINARY:-../../.build/release/faultline}" "$@"
