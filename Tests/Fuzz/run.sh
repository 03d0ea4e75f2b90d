#!/usr/bin/env bash
# Fuzzes one target: run.sh TARGET SECONDS. With 0 seconds it only replays the target's fail cases.
set -euo pipefail
cd "$(dirname "$0")"

target=${1:?OTLPDecoder, OTLPJSON, JaegerJSON, Archive, RuleFile, StateFile, Configuration, Pipeline, HTTP2 or Traces}
seconds=${2:?seconds to run}
fail_cases=FailCases/$target
# An archive's record may have 64 MiB, and is copied once.
options=(-timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=160 -print_final_stats=1)
case $target in
Archive) options+=(-max_len=16384) ;;
*) options+=(-max_len=4096) ;;
esac
[ -f "Dictionaries/$target.dict" ] && options+=("-dict=Dictionaries/$target.dict")
# What is freed stays poisoned for a while, within the memory limit.
export ASAN_OPTIONS=quarantine_size_mb=64:detect_leaks=1
# Swift's own backtraces don't get along with the address sanitizer.
export SWIFT_BACKTRACE=enable=no

# Not --sanitize twice: the compiler keeps the last one only, and the package manager gives them in any order.
FAULTLINE_FUZZ=1 swift build --quiet --package-path ../.. --scratch-path .build -c release --product "Fuzz$target" \
    --sanitize fuzzer -Xswiftc -sanitize=fuzzer,address -Xcc -fsanitize=address
binary=.build/release/Fuzz$target
if compgen -G "$fail_cases/*" >/dev/null; then "$binary" "${options[@]}" "$fail_cases"/*; fi
[ "$seconds" -gt 0 ] || exit 0

work=${XDG_CACHE_HOME:-$HOME/.cache}/faultline-fuzz/$target
mkdir -p "$work/corpus" "$work/found"
FAULTLINE_SEEDS=$work/seeds "$binary"
found=$(mktemp -d "$work/found/XXXXXX")
if "$binary" "${options[@]}" -max_total_time="$seconds" -artifact_prefix="$found/" "$work/corpus" "$work/seeds"; then
    exit 0
fi

mkdir -p "$fail_cases"
for input in "$found"/*; do
    case ${input##*/} in slow-unit-*) continue ;; esac
    kept=$fail_cases/unnamed-$(sha256sum "$input" | cut -c1-8)
    cp "$input" "$kept"
    case ${input##*/} in
    crash-*)
        "$binary" "${options[@]}" -minimize_crash=1 -max_total_time=60 -exact_artifact_path="$kept" "$input" \
            >/dev/null 2>&1 || true
        ;;
    esac
    echo "kept $kept; name it by what it shows:"
    xxd "$kept" | head -n 20
done
exit 1
