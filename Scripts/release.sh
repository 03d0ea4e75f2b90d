#!/usr/bin/env bash
# Builds the release for this machine's architecture, statically linked with Swift's libraries, and its packages in dist/.
set -euo pipefail
cd "$(dirname "$0")/.."

FAULTLINE_COMMIT=$(Scripts/commit.sh)
export FAULTLINE_COMMIT

# The tarball's binary finds its libraries beside it.
swift build -c release --product faultline --static-swift-stdlib --scratch-path .build-release \
    -Xlinker -rpath -Xlinker '$ORIGIN/../lib'
rm -rf dist
Scripts/package.sh .build-release/release/faultline dist
