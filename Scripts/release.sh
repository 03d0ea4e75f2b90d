#!/usr/bin/env bash
# Builds dist/faultline-VERSION-linux-ARCH.tar.gz: the stripped binary, statically linked with Swift's libraries, the other
# libraries that a minimal Debian lacks, completions and man page.
set -euo pipefail
cd "$(dirname "$0")/.."

# The binary finds its libraries beside it.
swift build -c release --product faultline --static-swift-stdlib --scratch-path .build-release \
    -Xlinker -rpath -Xlinker '$ORIGIN/../lib'
binary=.build-release/release/faultline
version=$("$binary" version | cut -d ' ' -f 2)
name=faultline-$version-linux-$(uname -m)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

install -D -m 755 "$binary" "$work/$name/bin/faultline"
strip "$work/$name/bin/faultline"
install -D -m 644 docs/man/faultline.1 "$work/$name/share/man/man1/faultline.1"
for library in $(ldd "$binary" | sed -n 's/.* => \(\/.*lib\(lz4\|deflate\|protobuf-c\|z\|stdc++\|gcc_s\)\.so[^ ]*\) .*/\1/p'); do
    install -D -m 644 "$library" "$work/$name/lib/$(basename "$library")"
done

# completions SHELL FILE: where the shell looks below a prefix such as /usr/local.
completions() {
    mkdir -p "$(dirname "$work/$name/share/$2")"
    "$binary" completion "$1" >"$work/$name/share/$2"
}
completions bash bash-completion/completions/faultline
completions zsh zsh/site-functions/_faultline
completions fish fish/vendor_completions.d/faultline.fish
cp LICENSE README.md CHANGELOG.md "$work/$name/"
mkdir -p dist
missing=$(ldd "$work/$name/bin/faultline" | grep 'not found' || true)
[ -z "$missing" ] || { echo "libraries missing: $missing" >&2; exit 1; }
tar --sort=name --owner=0 --group=0 --numeric-owner -C "$work" -czf "dist/$name.tar.gz" "$name"
echo "dist/$name.tar.gz"
