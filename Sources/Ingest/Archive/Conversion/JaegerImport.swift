import OTLP
import Support

/// Converts responses of Jaeger's query API to an OTLP request on the wire. A round trip isn't lossless: Jaeger's times
/// are microseconds, so nanoseconds are lost, and its tags have five types, so lists and maps come back as text.
enum JaegerImport {
    /// Converts a response with a list of traces.
    static func message(
        answer reader: inout JSONReader, _ omissions: inout Omissions
    ) throws(DecodeError) -> [UInt8] {
        var jaeger = JaegerReader(omissions: omissions)
        var writer = WireWriter()
        var (traces, others) = (0, 0)
        try reader.forEachField { (key, reader) throws(DecodeError) in
            guard key == "data" else { return try reader.skipValue(of: key) }
            _ = try reader.forEachElementOfArray { (reader) throws(DecodeError) in
                let offset = reader.offset
                if let trace = try jaeger.trace(&reader) {
                    traces += 1
                    write(trace, to: &writer)
                } else {
                    others += 1
                    jaeger.omissions.add(.trace, "no list of spans at byte \(offset)")
                }
            }
        }
        guard traces > 0 || others == 0 else { throw DecodeError(.json(.noTraces), at: 0) }
        omissions = jaeger.omissions
        return writer.bytes
    }

    /// Converts a bare trace.
    static func message(
        trace reader: inout JSONReader, _ omissions: inout Omissions
    ) throws(DecodeError) -> [UInt8] {
        var jaeger = JaegerReader(omissions: omissions)
        guard let trace = try jaeger.trace(&reader) else { throw DecodeError(.json(.unknownDocument), at: 0) }
        omissions = jaeger.omissions
        var writer = WireWriter()
        write(trace, to: &writer)
        return writer.bytes
    }

    // MARK: Processes and scopes

    /// Identifies a process, so that each is written once, however many scopes of the trace use it.
    private struct Source: Hashable {
        var processID: String?
        /// The process embedded in the span, if any.
        var process: JaegerTrace.Process?
    }

    private struct Scope: Hashable {
        var name: [UInt8]?
        var version: [UInt8]?
    }

    /// Groups values by key, in the order in which the keys first appeared.
    private struct Groups<Key: Hashable, Value> {
        private var indices: [Key: Int] = [:]
        private(set) var all: [(key: Key, value: Value)] = []

        mutating func update(_ key: Key, initial: Value, _ body: (inout Value) -> Void) {
            let index = indices[key] ?? all.count
            if index == all.count {
                indices[key] = index
                all.append((key, initial))
            }
            body(&all[index].value)
        }
    }

    private typealias Scopes = Groups<Scope, [Int]>

    private static func write(_ trace: JaegerTrace, to writer: inout WireWriter) {
        var sources = Groups<Source, Scopes>()
        for (index, span) in trace.spans.enumerated() {
            let tags = JaegerOwnTags(span.tags)
            let source = Source(processID: span.process == nil ? span.processID : nil, process: span.process)
            sources.update(source, initial: Scopes()) { scopes in
                scopes.update(Scope(name: tags.scopeName, version: tags.scopeVersion), initial: []) { $0.append(index) }
            }
        }
        for (source, scopes) in sources.all {
            let process = source.process ?? source.processID.flatMap { trace.processes[$0] }
            writer.message(1) { writer in
                writer.message(1) { write(process, to: &$0) }
                for (scope, spans) in scopes.all {
                    writer.message(2) { write(scope, spans.map { trace.spans[$0] }, to: &$0) }
                }
            }
        }
    }

    private static func write(_ process: JaegerTrace.Process?, to writer: inout WireWriter) {
        if let service = process?.service, !service.isEmpty {
            attribute(1, Array("service.name".utf8), .text(service), to: &writer)
        }
        for tag in process?.tags ?? [] { attribute(1, tag.key, tag.value, to: &writer) }
    }

    private static func write(_ scope: Scope, _ spans: [JaegerTrace.Span], to writer: inout WireWriter) {
        if scope.name != nil || scope.version != nil {
            writer.message(1) { writer in
                writer.text(1, scope.name)
                writer.text(2, scope.version)
            }
        }
        for span in spans { writer.message(2) { write(span, to: &$0) } }
    }

    // MARK: Spans

    private static func write(_ span: JaegerTrace.Span, to writer: inout WireWriter) {
        let tags = JaegerOwnTags(span.tags)
        let parent = parent(of: span)
        let parentID = parent.map { span.references[$0].spanID } ?? span.parentSpanID
        writer.bytes(1, span.traceID ?? [])
        writer.bytes(2, span.spanID)
        writer.text(3, tags.traceState)
        if let parentID, parentID.contains(where: { $0 != 0 }) { writer.bytes(4, parentID) }
        writer.bytes(5, span.name)
        writer.varint(6, UInt64(tags.kind))
        writer.fixed64(7, span.start)
        writer.fixed64(8, span.end)
        for tag in span.tags where !tags.isOwn(tag) { attribute(9, tag.key, tag.value, to: &writer) }
        for log in span.logs { writer.message(11) { write(log, to: &$0) } }
        for (index, reference) in span.references.enumerated() where index != parent {
            writer.message(13) { writer in
                writer.bytes(1, reference.traceID ?? span.traceID ?? [])
                writer.bytes(2, reference.spanID)
            }
        }
        guard tags.status != 0 else { return }
        writer.message(15) { writer in
            writer.text(2, tags.statusText)
            writer.varint(3, UInt64(tags.status))
        }
    }

    /// Index of the reference to the parent. Like Jaeger, prefers the first CHILD_OF within the trace, then the first
    /// FOLLOWS_FROM.
    private static func parent(of span: JaegerTrace.Span) -> Int? {
        let own = span.references.indices.filter { index in
            span.references[index].traceID.map { $0 == span.traceID } ?? true
        }
        return own.first { span.references[$0].isChildOf } ?? own.first
    }

    private static func write(_ log: JaegerTrace.Log, to writer: inout WireWriter) {
        let name = log.fields.firstIndex { $0.keyText == "event" }
        writer.fixed64(1, log.time)
        if let name { writer.bytes(2, log.fields[name].value.text) }
        for (index, field) in log.fields.enumerated() where index != name {
            attribute(3, field.key, field.value, to: &writer)
        }
    }

    private static func attribute(
        _ field: Int, _ key: [UInt8], _ value: JaegerTrace.Value, to writer: inout WireWriter
    ) {
        writer.message(field) { writer in
            writer.bytes(1, key)
            writer.message(2) { writer in
                switch value {
                case .text(let text): writer.bytes(1, text)
                case .bool(let value): writer.varint(2, value ? 1 : 0)
                case .integer(let value): writer.varint(3, UInt64(bitPattern: value))
                case .double(let value): writer.fixed64(4, value.bitPattern)
                case .binary(let bytes): writer.bytes(7, bytes)
                }
            }
        }
    }
}

extension WireWriter {
    fileprivate mutating func message(_ field: Int, _ contents: (inout WireWriter) -> Void) {
        let start = begin(field)
        contents(&self)
        end(start)
    }

    fileprivate mutating func text(_ field: Int, _ contents: [UInt8]?) {
        if let contents { bytes(field, contents) }
    }
}
