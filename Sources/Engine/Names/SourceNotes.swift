/// Which spelling of the semantic conventions' attributes spans use. No `OptionSet`: its generic code isn't specialized for
/// other modules, and this is noted for each span.
package struct AttributeDialects: Hashable, Sendable {
    @usableFromInline var bits: UInt8

    @inlinable @inline(__always) package init() { bits = 0 }

    @usableFromInline @inline(__always) init(bits: UInt8) { self.bits = bits }

    @inlinable @inline(__always) package mutating func add(_ more: AttributeDialects) { bits |= more.bits }

    @inline(__always) func isSubset(of other: AttributeDialects) -> Bool { bits & ~other.bits == 0 }

    /// `http.method`, `http.status_code`, `http.target`, `rpc.grpc.status_code`.
    @inlinable @inline(__always) package static var older: AttributeDialects { AttributeDialects(bits: 1) }
    /// `http.request.method`, `http.response.status_code`, `url.path`, `url.query`, `rpc.response.status_code`.
    @inlinable @inline(__always) package static var newer: AttributeDialects { AttributeDialects(bits: 2) }

    /// `older`, `newer` or `mixed`; nil while no span had any of these attributes.
    package var name: String? {
        switch bits {
        case 0: nil
        case Self.older.bits: "older"
        case Self.newer.bits: "newer"
        default: "mixed"
        }
    }
}

/// What a batch tells about a source besides its spans.
struct SourceNotes: Equatable, Sendable {
    var thresholds = SamplingThresholds()
    var dialects = AttributeDialects()

    mutating func add(_ more: SourceNotes) {
        thresholds.add(more.thresholds)
        dialects.add(more.dialects)
    }
}
