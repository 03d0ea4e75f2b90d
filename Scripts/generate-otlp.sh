#!/usr/bin/env bash
# Generates the protobuf-c code of Sources/COTLP from otlp.proto. With --check, verifies that the committed code is up to date.
set -euo pipefail
cd "$(dirname "$0")/../Sources/COTLP"

target=$(mktemp -d)
trap 'rm -rf "$target"' EXIT
protoc-c --c_out="$target" otlp.proto

if [ "${1:-}" = --check ]; then
    diff -u otlp.pb-c.c "$target/otlp.pb-c.c" && diff -u include/otlp.pb-c.h "$target/otlp.pb-c.h" || {
        echo "Sources/COTLP is out of date: run Scripts/generate-otlp.sh" >&2
        exit 1
    }
else
    mv "$target/otlp.pb-c.c" .
    mv "$target/otlp.pb-c.h" include/
fi
