package import Foundation

/// Reads Jaeger's JSON as OTLP requests, one a trace. Its times are microseconds, so that nanoseconds are lost on the
/// way there and back.
package enum JaegerImport {
    /// Larger files are no page's.
    package static let byteCountMax = 512 << 20

    /// The traces as messages, each with the end of its last span, Unix nanoseconds.
    ///
    /// - Throws: `ArchiveError` for what is no such file.
    package static func messages(_ contents: Data, name: String) throws(ArchiveError) -> [[UInt8]] {
        do {
            let document = try JSONDecoder().decode(JaegerDocument.self, from: contents)
            return try document.data.map { try message($0) }
        } catch {
            throw ArchiveError(.unreadable, name, "is not Jaeger's JSON: \(reason(error))")
        }
    }

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return "\(error)" }
        switch error {
        case .dataCorrupted(let context), .keyNotFound(_, let context), .typeMismatch(_, let context),
            .valueNotFound(_, let context):
            let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }
            return "\(context.debugDescription) (\(path.joined(separator: ".")))"
        @unknown default: return "\(error)"
        }
    }

    private static func message(_ trace: JaegerDocument.Trace) throws -> [UInt8] {
        let unknown = JaegerDocument.Process(serviceName: "")
        let byProcess = Dictionary(grouping: trace.spans) { span in
            span.process ?? span.processID.flatMap { trace.processes[$0] } ?? unknown
        }
        let resources = byProcess.sorted { ($0.key.serviceName, $0.value.count) < ($1.key.serviceName, $1.value.count) }
        let document = OTLPDocument(
            resourceSpans: resources.map { process, spans in
                OTLPDocument.ResourceSpans(
                    resource: OTLPDocument.Resource(
                        attributes: [OTLPDocument.Attribute("service.name", .text(process.serviceName))]
                            + attributes(process.tags)),
                    scopeSpans: [OTLPDocument.ScopeSpans(scope: nil, spans: spans.map { span($0) })])
            })
        let json = try JSONEncoder().encode(document)
        return try unsafe json.withUnsafeBytes { try unsafe OTLPJSON.wireFormat(of: $0.bytes) }
    }

    private static func span(_ span: JaegerDocument.Span) -> OTLPDocument.Span {
        let trace = padded(span.traceID, to: 32)
        let references = span.references ?? []
        // The first parent of the same trace; what else is referred to becomes a link.
        let parent = references.first { $0.refType == "CHILD_OF" && padded($0.traceID, to: 32) == trace }
        let links = references.filter { reference in
            parent.map { reference.spanID != $0.spanID || reference.refType != $0.refType } ?? true
        }
        let tags = Dictionary(
            (span.tags ?? []).map { ($0.key, $0.value.text) }, uniquingKeysWith: { first, _ in first })
        let ownTags: Set = ["span.kind", "otel.status_code", "otel.status_description", "w3c.tracestate"]
        let isError = tags["error"] == "true" || tags["otel.status_code"] == "ERROR"
        let code = isError ? 2 : tags["otel.status_code"] == "OK" ? 1 : 0
        return OTLPDocument.Span(
            traceId: trace, spanId: padded(span.spanID, to: 16), traceState: tags["w3c.tracestate"],
            parentSpanId: (parent?.spanID ?? span.parentSpanID).map { padded($0, to: 16) },
            name: span.operationName, kind: JaegerKind.number(tags["span.kind"]),
            startTimeUnixNano: nanoseconds(span.startTime),
            endTimeUnixNano: nanoseconds(end(of: span)),
            attributes: attributes(
                span.tags?.filter { !ownTags.contains($0.key) && !($0.key == "error" && $0.value.text == "true") }),
            events: span.logs?.map { event($0) },
            links: links.map {
                OTLPDocument.Link(traceId: padded($0.traceID, to: 32), spanId: padded($0.spanID, to: 16))
            },
            status: code == 0 ? nil : OTLPDocument.Status(message: tags["otel.status_description"], code: code))
    }

    private static func event(_ log: JaegerDocument.Log) -> OTLPDocument.Event {
        let name = log.fields.first { $0.key == "event" }
        return OTLPDocument.Event(
            timeUnixNano: nanoseconds(log.timestamp), name: name?.value.text,
            attributes: attributes(log.fields.filter { $0.key != "event" }))
    }

    private static func attributes(_ tags: [JaegerDocument.Tag]?) -> [OTLPDocument.Attribute] {
        (tags ?? []).map { OTLPDocument.Attribute($0.key, $0.value) }
    }

    /// Microseconds.
    private static func end(of span: JaegerDocument.Span) -> UInt64 {
        let (end, overflow) = span.startTime.addingReportingOverflow(span.duration)
        return overflow ? .max : end
    }

    private static func nanoseconds(_ microseconds: UInt64) -> String {
        let (product, overflow) = microseconds.multipliedReportingOverflow(by: 1_000)
        return "\(overflow ? .max : product)"
    }

    /// Ids come without leading zeros.
    private static func padded(_ id: String, to length: Int) -> String {
        String(repeating: "0", count: max(0, length - id.count)) + id
    }
}

/// Kinds of spans as Jaeger's tag has them.
enum JaegerKind {
    private static let names = ["", "internal", "server", "client", "producer", "consumer"]

    static func number(_ name: String?) -> Int { name.flatMap { names.firstIndex(of: $0) } ?? 0 }

    static func name(_ number: Int) -> String? { number > 0 && number < names.count ? names[number] : nil }
}

extension OTLPDocument.Attribute {
    init(_ key: String, _ value: JaegerDocument.TagValue) {
        self.key = key
        self.value =
            switch value {
            case .text(let text): OTLPDocument.Value(stringValue: text)
            case .bool(let bool): OTLPDocument.Value(boolValue: bool)
            case .integer(let integer): OTLPDocument.Value(intValue: "\(integer)")
            case .number(let number): OTLPDocument.Value(doubleValue: .value(number))
            }
    }
}
