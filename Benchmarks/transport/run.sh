#!/usr/bin/env bash
# Compares the cost of receiving with the least possible and with grpc-swift-2. See docs/benchmarks.md.
# usage: run.sh [CAPTURE]
set -euo pipefail
cd "$(dirname "$0")"
capture=$(realpath "${1:-../../Examples/slow-etcd.otlp.lz4}")
comparison_build=${COMPARISON_BUILD:-.build}

if [ -z "${FAULTLINE_BINARY:-}" ]; then
    swift build -c release --package-path ../.. --product faultline
    FAULTLINE_BINARY=../../.build/release/faultline
fi
swift build -c release --package-path ../.. --product faultline-load
swift build -c release --scratch-path "$comparison_build"

python3 compare.py --capture "$capture" --load ../../.build/release/faultline-load \
    --faultline "$FAULTLINE_BINARY" --plain "$comparison_build/release/plain-receiver" \
    --grpc-swift "$comparison_build/release/grpc-swift-server" --rounds "${ROUNDS:-9}"
