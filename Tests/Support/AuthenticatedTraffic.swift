/// Requests and authentications written by hand, each in a trace of its own unless a parent is named. Times in nanoseconds
/// after a base.
package struct AuthenticatedTraffic {
    package private(set) var spans: [ReferenceSpan] = []
    private var generator: SeededGenerator
    private let base: UInt64

    /// - Parameter base: Unix nanoseconds.
    package init(base: Int64, seed: UInt64 = 1) {
        self.base = UInt64(base)
        generator = SeededGenerator(seed: seed)
    }

    /// An authentication that stands alone, unless spans are added below it. Returns its span.
    @discardableResult
    package mutating func authentication(
        _ time: Range<Int64>, instance: String = "", below parent: ReferenceSpan? = nil, id: UInt64? = nil
    ) -> ReferenceSpan {
        add("authentication", kind: 1, time, instance, parent, target: nil, id: id)
    }

    /// A request for a resource.
    @discardableResult
    package mutating func request(
        _ resource: String, _ time: Range<Int64>, instance: String = "", below parent: ReferenceSpan? = nil,
        query: String = "", id: UInt64? = nil
    ) -> ReferenceSpan {
        add(
            "GET", kind: ReferenceSpan.server, time, instance, parent, target: "/api/v1/\(resource)\(query)", id: id)
    }

    /// Any other span of the API server.
    @discardableResult
    package mutating func span(
        _ name: String, kind: Int32 = 1, _ time: Range<Int64>, instance: String = "", below parent: ReferenceSpan?
    ) -> ReferenceSpan {
        add(name, kind: kind, time, instance, parent, target: nil, id: nil)
    }

    private mutating func add(
        _ name: String, kind: Int32, _ time: Range<Int64>, _ instance: String, _ parent: ReferenceSpan?,
        target: String?, id: UInt64?
    ) -> ReferenceSpan {
        let start = base + UInt64(time.lowerBound)
        var span = ReferenceSpan(name, kind: kind, id: 1, start..<start + UInt64(time.count), target: target)
        span.traceID = parent?.traceID ?? Self.bytes(generator.next()) + Self.bytes(generator.next())
        span.spanID = Self.bytes(id ?? generator.next())
        span.parentID = parent?.spanID ?? []
        span.instance = Array(instance.utf8)
        if target != nil { span.texts["http.method"] = [Array("GET".utf8)] }
        spans.append(span)
        return span
    }

    private static func bytes(_ number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * UInt64($0))) }
    }

    /// Keeps the spans of traces that a sampler of the OpenTelemetry SDKs keeps with a ratio.
    package mutating func sample(_ ratio: Double) {
        spans.removeAll { span in
            let low = span.traceID.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return Double(low >> 1) >= ratio * 0x1p63
        }
    }
}
