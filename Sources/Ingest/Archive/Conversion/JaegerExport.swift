package import Foundation
package import OTLP

/// Collects OTLP requests as traces in Jaeger's JSON, which Jaeger's UI can open. Holds everything in memory.
package struct JaegerExport {
    private var traces: [String: JaegerDocument.Trace] = [:]
    private var processes: [String: [JaegerDocument.Process: String]] = [:]
    private(set) var spanCount = 0

    /// More than Jaeger's UI can show.
    static let spansMax = 1_000_000

    package init() {}

    package mutating func add(_ message: RawSpan) throws(DecodeError) {
        let text = try OTLPJSON.text(of: message)
        guard let document = try? JSONDecoder().decode(OTLPDocument.self, from: Data(text)) else {
            throw DecodeError(.wrongWireType, at: 0)
        }
        for resourceSpans in document.resourceSpans ?? [] {
            let process = process(resourceSpans.resource)
            for scopeSpans in resourceSpans.scopeSpans ?? [] {
                for span in scopeSpans.spans ?? [] { add(span, scopeSpans.scope, process) }
            }
        }
    }

    /// The complete document.
    ///
    /// - Parameter warnings: why the spans may not be all.
    package func json(warnings: [String] = []) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        let sorted = traces.values.sorted {
            ($0.spans.first?.startTime ?? 0, $0.traceID) < ($1.spans.first?.startTime ?? 0, $1.traceID)
        }
        return try encoder.encode(JaegerDocument(data: sorted, errors: JaegerProblems(warnings)))
    }

    private func process(_ resource: OTLPDocument.Resource?) -> JaegerDocument.Process {
        let attributes = resource?.attributes ?? []
        let name = attributes.last { $0.key == "service.name" }?.value?.tag.value.text
        return JaegerDocument.Process(
            serviceName: name ?? "", tags: tags(attributes.filter { $0.key != "service.name" }))
    }

    private mutating func add(
        _ span: OTLPDocument.Span, _ scope: OTLPDocument.Scope?, _ process: JaegerDocument.Process
    ) {
        let traceID = JaegerTrace.id(ofOTLP: span.traceId)
        let processID: String
        if let known = processes[traceID]?[process] {
            processID = known
        } else {
            processID = "p\((processes[traceID]?.count ?? 0) + 1)"
            processes[traceID, default: [:]][process] = processID
            let new = JaegerDocument.Trace(traceID: traceID, spans: [], processes: [:])
            traces[traceID, default: new].processes[processID] = process
        }
        let converted = jaeger(span, scope, processID)
        traces[traceID]?.spans.append(converted)
        spanCount += 1
    }

    private func jaeger(
        _ span: OTLPDocument.Span, _ scope: OTLPDocument.Scope?, _ processID: String
    ) -> JaegerDocument.Span {
        let traceID = JaegerTrace.id(ofOTLP: span.traceId)
        let start = UInt64(span.startTimeUnixNano ?? "") ?? 0
        let end = UInt64(span.endTimeUnixNano ?? "") ?? 0
        var references: [JaegerDocument.Reference] = []
        if let parent = span.parentSpanId, !parent.isEmpty {
            references.append(JaegerDocument.Reference(refType: "CHILD_OF", traceID: traceID, spanID: parent))
        }
        references += (span.links ?? []).map {
            JaegerDocument.Reference(
                refType: "FOLLOWS_FROM", traceID: JaegerTrace.id(ofOTLP: $0.traceId), spanID: $0.spanId ?? "")
        }
        return JaegerDocument.Span(
            traceID: traceID, spanID: span.spanId ?? "", operationName: span.name ?? "", references: references,
            startTime: start / 1_000, duration: end > start ? end / 1_000 - start / 1_000 : 0,
            tags: tags(span.attributes ?? []) + ownTags(span, scope), logs: (span.events ?? []).map { log($0) },
            processID: processID)
    }

    private func ownTags(_ span: OTLPDocument.Span, _ scope: OTLPDocument.Scope?) -> [JaegerDocument.Tag] {
        var tags: [JaegerDocument.Tag] = []
        func add(_ key: String, _ value: String?) {
            if let value, !value.isEmpty { tags.append(.init(key: key, type: "string", value: .text(value))) }
        }
        add("otel.scope.name", scope?.name)
        add("otel.scope.version", scope?.version)
        add("span.kind", JaegerKind.name(span.kind ?? 0))
        add("w3c.tracestate", span.traceState)
        if span.status?.code == 2 {
            tags.append(.init(key: "error", type: "bool", value: .bool(true)))
            add("otel.status_code", "ERROR")
        } else if span.status?.code == 1 {
            add("otel.status_code", "OK")
        }
        add("otel.status_description", span.status?.message)
        return tags
    }

    private func log(_ event: OTLPDocument.Event) -> JaegerDocument.Log {
        let name = JaegerDocument.Tag(key: "event", type: "string", value: .text(event.name ?? ""))
        return JaegerDocument.Log(
            timestamp: (UInt64(event.timeUnixNano ?? "") ?? 0) / 1_000, fields: [name] + tags(event.attributes ?? []))
    }

    private func tags(_ attributes: [OTLPDocument.Attribute]) -> [JaegerDocument.Tag] {
        attributes.map { attribute in
            let (type, value) = attribute.value?.tag ?? ("string", .text(""))
            return JaegerDocument.Tag(key: attribute.key ?? "", type: type, value: value)
        }
    }
}

extension OTLPDocument.Value {
    /// The type and value of a tag. Lists and maps, which Jaeger has no type for, become JSON text.
    fileprivate var tag: (type: String, value: JaegerDocument.TagValue) {
        if let stringValue { return ("string", .text(stringValue)) }
        if let boolValue { return ("bool", .bool(boolValue)) }
        if let intValue {
            // JavaScript's numbers are exact up to 2^53; Jaeger writes larger ones as strings.
            let integer = Int64(intValue).flatMap { $0.magnitude < 1 << 53 ? $0 : nil }
            return ("int64", integer.map { .integer($0) } ?? .text(intValue))
        }
        switch doubleValue {
        case .value(let number): return ("float64", .number(number))
        case .name(let name): return ("float64", .text(name))
        case nil: break
        }
        if let bytesValue { return ("binary", .text(bytesValue)) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let json = arrayValue == nil && kvlistValue == nil ? nil : try? encoder.encode(AttributeJSON(self))
        return ("string", .text(json.map { String(decoding: $0, as: UTF8.self) } ?? ""))
    }
}
