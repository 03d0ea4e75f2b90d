/// Which spelling of the semantic conventions' attributes spans use.
package struct AttributeDialects: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// `http.method`, `http.status_code`, `http.target`, `rpc.grpc.status_code`.
    package static let older = AttributeDialects(rawValue: 1)
    /// `http.request.method`, `http.response.status_code`, `url.path`, `url.query`, `rpc.response.status_code`.
    package static let newer = AttributeDialects(rawValue: 2)

    /// `older`, `newer` or `mixed`; nil while no span had any of these attributes.
    package var name: String? {
        switch self {
        case []: nil
        case .older: "older"
        case .newer: "newer"
        default: "mixed"
        }
    }
}

/// What a batch tells about a source besides its spans.
struct SourceNotes: Equatable, Sendable {
    var thresholds = SamplingThresholds()
    var dialects: AttributeDialects = []

    mutating func add(_ more: SourceNotes) {
        thresholds.add(more.thresholds)
        dialects.formUnion(more.dialects)
    }
}
