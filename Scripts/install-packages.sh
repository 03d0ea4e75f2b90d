#!/usr/bin/env bash
# Installs the missing packages that Faultline needs, and says which.
#
#   Scripts/install-packages.sh demo    to build it
#   Scripts/install-packages.sh test    to build, test and check it: also the Python environment .venv, and Prometheus
#                                       Alertmanager and etcd in .build-tools. Those are unpacked from Debian's packages
#                                       but not installed, because that would start servers
set -euo pipefail
cd "$(dirname "$0")/.."

purpose=${1:-}
requirements=Tests/EndToEndTests/requirements.txt
tools=.build-tools

say() { echo "install-packages: $*"; }
fail() {
    echo "install-packages: $*" >&2
    exit 1
}

case $purpose in
demo | test) ;;
*) fail "usage: install-packages.sh demo|test" ;;
esac

has_command() { command -v "$1" >/dev/null; }
has_package() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
# On Debian a part of venv is in a separate package.
has_python() { python3 -c 'import ensurepip, venv' 2>/dev/null; }
has_prometheus() {
    { has_command prometheus && has_command promtool; } || [ -x "$tools/prometheus/usr/bin/promtool" ]
}

has_alertmanager() {
    has_command prometheus-alertmanager || [ -x "$tools/prometheus-alertmanager/usr/bin/prometheus-alertmanager" ]
}

# Debian 12's etcd is too old to send spans.
has_etcd() { [ -x "$tools/etcd-server/usr/bin/etcd" ]; }

has_newer_prometheus() { [ -x "$tools/prometheus-newer/usr/bin/prometheus" ]; }

require_apt() {
    has_command apt-get || fail "apt-get not found; install these packages yourself (Debian names): $*"
}

is_updated=false
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        has_command sudo || fail "not root and no sudo; run as root: $*"
        sudo "$@"
    fi
}
update_lists() {
    $is_updated || as_root apt-get update -qq
    is_updated=true
}

install_packages() {
    local missing=()
    local library command
    for library in liblz4-dev libprotobuf-c-dev libdeflate-dev libnghttp2-dev zlib1g-dev; do
        has_package "$library" || missing+=("$library")
    done
    for command in pkg-config git; do
        has_command "$command" || missing+=("$command")
    done
    if [ "$purpose" = test ]; then
        has_command protoc-c || missing+=(protobuf-c-compiler)
        has_command lz4 || missing+=(lz4)
        has_command patch || missing+=(patch)
        has_command chromium || missing+=(chromium)
        has_python || missing+=(python3 python3-venv)
    fi
    [ ${#missing[@]} = 0 ] && return
    require_apt "${missing[@]}"
    say "installing ${missing[*]}"
    update_lists
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}"
}

# unpack PACKAGE: unpacks it into a directory of that name.
unpack() {
    require_apt "$1"
    say "unpacking Debian's $1 into $tools"
    update_lists
    rm -rf "$tools/${1:?}" "$tools/download"
    mkdir -p "$tools/download"
    # As root, apt-get would download as a user who may not be able to write here.
    (cd "$tools/download" && apt-get -qq -o APT::Sandbox::User=root download "$1")
    dpkg-deb -x "$tools/download/$1"_*.deb "$tools/$1"
    rm -r "$tools/download"
}

# unpack_from RELEASE PACKAGE [DIRECTORY]: the same from another release of Debian, for programs that need no libraries of it.
unpack_from() {
    require_apt "$2"
    say "unpacking $2 of Debian $1 into $tools"
    local apt=$PWD/$tools/apt-$1 directory=$tools/${3:-$2} status=0
    rm -rf "$apt" "$directory"
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $1 main" \
        >"$apt/sources.list"
    local options=(-qq -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=-
        -o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root)
    { apt-get "${options[@]}" update && (cd "$apt" && apt-get "${options[@]}" download "$2") &&
        dpkg-deb -x "$apt/$2"_*.deb "$directory"; } || status=$?
    rm -r "$apt"
    return "$status"
}

make_python_environment() {
    cmp -s "$requirements" .venv/requirements.txt && return
    say "making the Python environment .venv"
    local python=python3
    has_python || python=/usr/bin/python3
    rm -rf .venv
    "$python" -m venv .venv
    .venv/bin/pip install --quiet --disable-pip-version-check --requirement "$requirements"
    # Last, because its presence marks the environment as complete.
    cp "$requirements" .venv/requirements.txt
}

# make_client NAME PACKAGE…: Python clients of Jaeger whose requirements contradict each other get an environment each.
make_client() {
    local name=$1; shift
    [ "$(cat "$tools/$name/requirements" 2>/dev/null)" = "$*" ] && return
    say "making the Python environment $tools/$name"
    local python=python3
    has_python || python=/usr/bin/python3
    rm -rf "${tools:?}/$name"
    mkdir -p "$tools"
    "$python" -m venv "$tools/$name"
    "$tools/$name/bin/pip" install --quiet --disable-pip-version-check "$@"
    echo "$*" >"$tools/$name/requirements"
}

has_command swift || fail "no Swift toolchain; install Swift 6.3: https://www.swift.org/install/linux"
has_command dpkg-query || require_apt liblz4-dev libprotobuf-c-dev libdeflate-dev libnghttp2-dev zlib1g-dev pkg-config git
install_packages
if [ "$purpose" = test ]; then
    has_prometheus || unpack prometheus
    has_alertmanager || unpack prometheus-alertmanager
    has_etcd || unpack_from trixie etcd-server
    # sid changes daily, so it can't be relied on.
    has_newer_prometheus || unpack_from sid prometheus prometheus-newer || unpack_from trixie prometheus prometheus-newer
    make_python_environment
    make_client jaeger-mcp jaeger-mcp==0.1.0 mcp==1.30.0 httpx==0.28.1
    make_client mcp-server-jaeger mcp-server-jaeger==0.1.0
fi
