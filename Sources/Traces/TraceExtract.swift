package import Engine
package import OTLP
import Support

/// Cuts the spans of some traces out of export bodies, with their resources and scopes.
package struct TraceExtract {
    /// Fields of a message on the wire, in their order.
    private typealias Head = [UInt8]

    /// What the spans of a `ResourceSpans` and a `ScopeSpans` have in common.
    private struct Origin: Hashable {
        var trace: TraceID
        /// The fields of `ResourceSpans` besides its spans.
        var resource: Head
        /// The fields of `ScopeSpans` besides its spans.
        var scope: Head
    }

    private let traces: Set<TraceID>
    /// The ids of the spans added, by trace: exporters may send a span twice.
    private var added: [TraceID: Set<UInt64>] = [:]
    private var indices: [Origin: Int] = [:]
    private var origins: [(origin: Origin, spans: [[UInt8]])] = []

    package init(_ traces: some Sequence<TraceID>) {
        self.traces = Set(traces)
    }

    /// The ids of the spans found so far.
    func spanIDs(of trace: TraceID) -> Set<UInt64> { added[trace] ?? [] }

    /// How many spans were found so far.
    var spanCount: Int { added.values.reduce(0) { $0 + $1.count } }

    /// The spans found so far as an `ExportTraceServiceRequest`: one `ResourceSpans` for each trace and resource.
    ///
    /// - Parameter mergesScopes: whether each has one `ScopeSpans` with the first span's scope, as clients want that make
    ///   a row of each.
    package func message(mergesScopes: Bool = false) -> [UInt8] {
        var writer = WireWriter()
        var written = Set<Int>()
        for (index, (first, _)) in origins.enumerated() where written.insert(index).inserted {
            let resource = writer.begin(1)
            writer.append(first.resource)
            let others = origins.indices.dropFirst(index).filter {
                origins[$0].origin.trace == first.trace && origins[$0].origin.resource == first.resource
            }
            var scope = 0
            for (position, other) in others.enumerated() {
                written.insert(other)
                if position == 0 || !mergesScopes {
                    if position > 0 { writer.end(scope) }
                    scope = writer.begin(2)
                    writer.append(origins[other].origin.scope)
                }
                for span in origins[other].spans { writer.bytes(2, span) }
            }
            writer.end(scope)
            writer.end(resource)
        }
        return writer.bytes
    }

    /// Adds a body's spans.
    /// - Throws: `DecodeError` for a body that `SpanDecoder` refuses too.
    package mutating func add(_ body: RawSpan) throws(DecodeError) {
        var reader = WireReader(body)
        while !reader.isAtEnd {
            let tag = try reader.tag()
            guard tag == 0x0A else {
                try reader.skipOther(tag, known: 0)
                continue
            }
            try addResourceSpans(reader.message())
        }
    }

    private mutating func addResourceSpans(_ message: WireReader) throws(DecodeError) {
        var resource = WireWriter()
        var scopes: [(head: Head, spans: [(TraceID, Range<Int>)])] = []
        var reader = message
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 0x0A, 0x1A: resource.bytes(Int(tag >> 3), Self.copy(message.bytes, try reader.range()))
            case 0x12:
                let scope = try scopeSpans(reader.message())
                if !scope.spans.isEmpty { scopes.append(scope) }
            default: try reader.skipOther(tag, known: 0)
            }
        }
        for scope in scopes {
            for (trace, span) in scope.spans {
                let origin = Origin(trace: trace, resource: resource.bytes, scope: scope.head)
                let index = indices[origin] ?? origins.count
                if index == origins.count {
                    indices[origin] = index
                    origins.append((origin, []))
                }
                origins[index].spans.append(Self.copy(message.bytes, span))
            }
        }
    }

    private mutating func scopeSpans(
        _ message: WireReader
    ) throws(DecodeError) -> (head: Head, spans: [(TraceID, Range<Int>)]) {
        var head = WireWriter()
        var spans: [(TraceID, Range<Int>)] = []
        var reader = message
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 0x0A, 0x1A: head.bytes(Int(tag >> 3), Self.copy(message.bytes, try reader.range()))
            case 0x12:
                var span = reader
                let contents = try reader.range()
                if let trace = try newTrace(of: span.message()) { spans.append((trace, contents)) }
            default: try reader.skipOther(tag, known: 0)
            }
        }
        return (head.bytes, spans)
    }

    /// The trace of a span, if it is one of the traces and the span wasn't added before.
    private mutating func newTrace(of span: WireReader) throws(DecodeError) -> TraceID? {
        var reader = span
        var traceRange = 0..<0
        var spanRange = 0..<0
        // To the end: of a field that comes twice, the last counts.
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 0x0A: traceRange = try reader.range()
            case 0x12: spanRange = try reader.range()
            default: try reader.skipOther(tag, known: 0)
            }
        }
        guard traceRange.count == 16, spanRange.count == 8 else { return nil }
        let trace = TraceID(
            high: Self.bigEndian(span.bytes, at: traceRange.lowerBound),
            low: Self.bigEndian(span.bytes, at: traceRange.lowerBound + 8))
        guard traces.contains(trace) else { return nil }
        let spanID = Self.bigEndian(span.bytes, at: spanRange.lowerBound)
        return added[trace, default: []].insert(spanID).inserted ? trace : nil
    }

    private static func bigEndian(_ bytes: RawSpan, at offset: Int) -> UInt64 {
        UInt64(bigEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    private static func copy(_ bytes: RawSpan, _ range: Range<Int>) -> [UInt8] {
        unsafe bytes.extracting(range).withUnsafeBytes { unsafe [UInt8]($0) }
    }
}
