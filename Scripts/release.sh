#!/usr/bin/env bash
# Builds dist/faultline-VERSION-linux-ARCH.tar.gz: the stripped binary, statically linked with Swift's libraries, completions
# and man page.
set -euo pipefail
cd "$(dirname "$0")/.."

swift build -c release --product faultline --static-swift-stdlib --scratch-path .build-release
binary=.build-release/release/faultline
version=$("$binary" version | cut -d ' ' -f 2)
name=faultline-$version-linux-$(uname -m)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

install -D -m 755 "$binary" "$work/$name/bin/faultline"
strip "$work/$name/bin/faultline"
install -D -m 644 docs/man/faultline.1 "$work/$name/share/man/man1/faultline.1"
mkdir -p "$work/$name/share/completions"
for shell in bash zsh fish; do "$binary" completions "$shell" >"$work/$name/share/completions/faultline.$shell"; done
cp LICENSE README.md CHANGELOG.md "$work/$name/"
mkdir -p dist
tar --sort=name --owner=0 --group=0 --numeric-owner -C "$work" -czf "dist/$name.tar.gz" "$name"
echo "dist/$name.tar.gz"
