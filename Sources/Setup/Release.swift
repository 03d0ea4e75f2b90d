/// A release of Kubernetes or etcd: "1.31", "v1.31.4", or the tag of an image such as "3.5.16-0".
package struct Release: Hashable, Comparable, Sendable, CustomStringConvertible {
    let major: Int
    let minor: Int
    /// nil if only major and minor are known.
    let patch: Int?

    init(_ major: Int, _ minor: Int, patch: Int? = nil) {
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    /// Returns nil if the text isn't a release, such as "latest" or "1".
    package init?(_ text: String) {
        let numbers = text.trimmingPrefix("v").prefix { $0 != "-" && $0 != "+" }.split(
            separator: ".", omittingEmptySubsequences: false
        ).map { number in number.count < 5 && number.allSatisfy(\.isASCII) ? UInt16(number).map(Int.init) : nil }
        guard 2...3 ~= numbers.count, let major = numbers[0], let minor = numbers[1] else { return nil }
        if numbers.count == 3 && numbers[2] == nil { return nil }
        self.init(major, minor, patch: numbers.count == 3 ? numbers[2] : nil)
    }

    package var description: String { "\(major).\(minor)" + (patch.map { ".\($0)" } ?? "") }

    /// Compares major and minor: no setting changed in a patch release.
    package static func < (left: Release, right: Release) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }
}
