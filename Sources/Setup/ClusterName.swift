internal import Support

/// The cluster that spans say they are of: an attribute of their resource, which exporters read from their environment.
package struct ClusterName: Sendable {
    static let variable = "OTEL_RESOURCE_ATTRIBUTES"
    private static let attribute = "k8s.cluster.name"

    private let pair: String

    /// - Throws: `SetupError` for a name that nobody could read.
    package init(_ name: String) throws(SetupError) {
        guard !name.isEmpty, !name.unicodeScalars.contains(where: PrintableText.isUnsafe) else {
            throw SetupError(
                "the cluster's name \(PrintableText.quote(name)) must be printable text, and not empty, such as prod-1")
        }
        pair = "\(Self.attribute)=\(Self.encoded(name))"
    }

    /// Percent-encodes what isn't unreserved (RFC 3986): the variable's values are decoded so.
    private static func encoded(_ name: String) -> String {
        name.utf8.map { byte in
            let scalar = Unicode.Scalar(byte)
            let isUnreserved =
                ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
                || "-._~".unicodeScalars.contains(scalar)
            return isUnreserved ? String(scalar) : "%" + Hex.text(byte).uppercased()
        }.joined()
    }

    /// The environment variable.
    ///
    /// - Parameter present: its value so far, whose other attributes stay.
    func setting(besides present: String = "") -> Setting {
        let pairs = present.split(separator: ",")
        guard pairs.filter(Self.isName) != [Substring(pair)] else { return Setting(Self.variable, present) }
        let others = pairs.filter { !Self.isName($0) }
        return Setting(Self.variable, (others + [Substring(pair)]).joined(separator: ","))
    }

    private static func isName(_ pair: Substring) -> Bool {
        pair.prefix { $0 != "=" }.trimmingPrefix { $0 == " " }.prefix { $0 != " " } == attribute
    }

    /// Whether the variable's value names a cluster.
    static func isNamed(in value: String) -> Bool { value.split(separator: ",").contains(where: isName) }
}
