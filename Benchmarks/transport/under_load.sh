#!/usr/bin/env bash
# Compares the daemon under load with a Go gRPC server that drops the bytes. See docs/benchmarks.md.
# Needs Debian's packages golang-go and golang-google-grpc-dev.
# usage: under_load.sh [OPTION…], options as of under_load.py: --rounds 3, --seconds 15, --no-rules …
set -euo pipefail
cd "$(dirname "$0")"

swift build -c release --package-path ../.. --product faultline
swift build -c release --package-path ../.. --product faultline-load
mkdir -p .build
GO111MODULE=off GOPATH=/usr/share/gocode go build -o .build/go-server go-server/main.go

python3 under_load.py --capture ../../Examples/slow-etcd.otlp.lz4 --load ../../.build/release/faultline-load \
    --faultline ../../.build/release/faultline --go .build/go-server "$@"
