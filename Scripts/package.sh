#!/usr/bin/env bash
# package.sh BINARY DIRECTORY: packages a binary.
#
#   faultline-VERSION-linux-ARCH.tar.gz   the stripped binary, the libraries that a minimal Debian lacks, completions, man page,
#                                         documentation, examples and what deploys it
#   faultline_VERSION_ARCH.deb            the same with the libraries as dependencies, and a systemd service
#
# DEBFULLNAME and DEBEMAIL name its maintainer, as for Debian's own tools.
set -euo pipefail
[ $# = 2 ] || { echo "usage: package.sh BINARY DIRECTORY" >&2; exit 2; }
binary=$(realpath "$1")
mkdir -p "$2"
dist=$(realpath "$2")
cd "$(dirname "$0")/.."

version=$("$binary" version | sed -n '1s/^faultline //p')
name=faultline-$version-linux-$(uname -m)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# All but the C library, which every Debian has, and Swift's, which a release has linked in.
libraries() {
    ldd "$binary" | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p' |
        grep -Ev '/(libc|libm|libdl|librt|libpthread|libresolv|libutil)\.so|/swift/linux/'
}

# install_files PREFIX: what both packages have.
install_files() {
    install -D -m 755 "$binary" "$1/bin/faultline"
    strip "$1/bin/faultline"
    install -D -m 644 docs/man/faultline.1 "$1/share/man/man1/faultline.1"
    completions bash "$1/share/bash-completion/completions/faultline"
    completions zsh "$1/share/zsh/$2/_faultline"
    completions fish "$1/share/fish/vendor_completions.d/faultline.fish"
}

completions() {
    mkdir -p "$(dirname "$2")"
    "$binary" completion "$1" >"$2"
}

# install_documents DIRECTORY: what the README leads to, at the same places.
install_documents() {
    mkdir -p "$1/deploy" "$1/Examples"
    cp LICENSE README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md "$1/"
    cp -R docs "$1/"
    rm -r "$1/docs/man"
    cp -R deploy/grafana deploy/helm deploy/kustomize deploy/systemd "$1/deploy/"
    cp Examples/*.* "$1/Examples/"
    chmod -R u=rwX,go=rX "$1"
}

make_tarball() {
    local root=$work/$name library missing
    install_files "$root" site-functions
    for library in $(libraries); do install -D -m 644 "$library" "$root/lib/$(basename "$library")"; done
    install_documents "$root"
    missing=$(ldd "$root/bin/faultline" | grep 'not found' || true)
    [ -z "$missing" ] || { echo "libraries missing: $missing" >&2; exit 1; }
    tar --sort=name --owner=0 --group=0 --numeric-owner -C "$work" -czf "$dist/$name.tar.gz" "$name"
    echo "$1/$name.tar.gz"
}

# The packages that the libraries come from, and the C library that the binary was linked with.
dependencies() {
    local library
    echo "libc6 (>= $(getconf GNU_LIBC_VERSION | cut -d ' ' -f 2))"
    for library in $(libraries); do
        # Debian may know it by either of its names, with and without the link from /lib to /usr/lib.
        dpkg-query -S "$(realpath "$library")" "$library" "${library#/usr}" 2>/dev/null | head -1 | cut -d : -f 1
    done | sort -u
}

make_debian_package() {
    local root=$work/debian architecture file
    architecture=$(dpkg --print-architecture)
    # dpkg sorts 0.2.0-dev after 0.2.0, but 0.2.0~dev before it.
    version=${version/-/'~'}
    file=$dist/faultline_${version}_$architecture.deb
    install_files "$root/usr" vendor-completions
    gzip -9n "$root/usr/share/man/man1/faultline.1"
    install -D -m 644 deploy/systemd/faultline.service "$root/usr/lib/systemd/system/faultline.service"
    install -D -m 644 deploy/systemd/faultline.yaml "$root/etc/faultline/faultline.yaml"
    install_documents "$root/usr/share/doc/faultline"
    mv "$root/usr/share/doc/faultline/LICENSE" "$root/usr/share/doc/faultline/copyright"
    gzip -9nc CHANGELOG.md >"$root/usr/share/doc/faultline/changelog.gz"
    mkdir -p "$root/DEBIAN"
    echo /etc/faultline/faultline.yaml >"$root/DEBIAN/conffiles"
    install -m 755 deploy/debian/postinst deploy/debian/prerm deploy/debian/postrm "$root/DEBIAN/"
    cat >"$root/DEBIAN/control" <<END
Package: faultline
Version: $version
Architecture: $architecture
Maintainer: ${DEBFULLNAME:-The Faultline authors} <${DEBEMAIL:-faultline@localhost}>
Installed-Size: $(du -sk --exclude=DEBIAN "$root" | cut -f 1)
Depends: $(dependencies | paste -sd , | sed 's/,/, /g')
Section: admin
Priority: optional
Description: finds the component that makes the Kubernetes API slow
 Receives the OpenTelemetry spans of kube-apiserver and etcd, reports for every
 kind of request how slow it is and whose time it was, and names the culprit in
 its alerts.
END
    dpkg-deb --root-owner-group -Zgzip --build "$root" "$file" >/dev/null
    echo "$1/$(basename "$file")"
}

make_tarball "$2"
if command -v dpkg-deb >/dev/null; then make_debian_package "$2"; else echo "no dpkg-deb, so no Debian package" >&2; fi
