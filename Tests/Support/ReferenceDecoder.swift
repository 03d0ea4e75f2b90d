internal import COTLP
import Engine
import Support

/// A span as libprotobuf-c reads it, judged by rules written independently of the hot path.
package struct ReferenceSpan: Equatable {
    package var service: [UInt8]
    package var name: [UInt8]
    package var kind: Int32
    package var traceID: [UInt8]
    package var spanID: [UInt8]
    package var parentID: [UInt8]
    package var start: UInt64
    package var end: UInt64
    package var statusCode: Int32
    /// Every value of every key.
    package var texts: [String: [[UInt8]]]
    package var integers: [String: [Int64]]
    /// Who sent it: of its resource.
    package var cluster: [UInt8] = []
    package var instance: [UInt8] = []

    /// Cluster, service and instance, as far as Faultline reads them.
    package var source: [[UInt8]] {
        [
            Array(cluster.prefix(SpanBatch.sourceBytesMax)), Array(service.prefix(SpanBatch.nameBytesMax)),
            Array(instance.prefix(SpanBatch.sourceBytesMax)),
        ]
    }

    /// Whether Faultline accepts the span.
    package var isAcceptable: Bool {
        traceID.count == 16 && traceID.contains { $0 != 0 } && spanID.count == 8 && spanID.contains { $0 != 0 }
            && (parentID.isEmpty || parentID.count == 8) && start > 0 && end > 0 && start <= TimeLimits.latest
            && end <= TimeLimits.latest && end >= start && end - start <= TimeLimits.longestSpan
    }

    package var isError: Bool {
        let badNames = ["unknown", "deadlineexceeded", "unimplemented", "internal", "unavailable", "dataloss"]
        if statusCode == 2 { return true }
        for key in ["http.status_code", "http.response.status_code"] {
            if numbers(key).contains(where: { $0 >= 500 }) { return true }
        }
        for key in ["rpc.grpc.status_code", "rpc.response.status_code"] {
            if numbers(key).contains(where: { [2, 4, 12, 13, 14, 15].contains($0) }) { return true }
            for text in texts[key] ?? [] {
                let plain = String(decoding: text, as: UTF8.self).lowercased().replacing("_", with: "")
                if badNames.contains(plain) { return true }
            }
        }
        return false
    }

    /// The integers under a key, including texts that are numbers.
    private func numbers(_ key: String) -> [Int64] {
        let written = (texts[key] ?? []).filter { text in
            !text.isEmpty && text.count <= 9 && text.allSatisfy { (0x30...0x39).contains($0) }
        }
        return (integers[key] ?? []) + written.compactMap { Int64(String(decoding: $0, as: UTF8.self)) }
    }
}

/// Decodes with libprotobuf-c into its tree of messages.
package enum ReferenceDecoder {
    /// The spans of an `ExportTraceServiceRequest`; nil if it is malformed.
    package static func decode(_ body: [UInt8]) -> [ReferenceSpan]? {
        let message = unsafe body.withUnsafeBufferPointer {
            unsafe faultline__otlp__export_trace_service_request__unpack(nil, $0.count, $0.baseAddress)
        }
        guard let message = unsafe message else { return nil }
        defer { unsafe faultline__otlp__export_trace_service_request__free_unpacked(message, nil) }
        var spans: [ReferenceSpan] = []
        for resource in unsafe 0..<message.pointee.n_resource_spans {
            guard let resource = unsafe message.pointee.resource_spans[resource] else { continue }
            unsafe add(resource, to: &spans)
        }
        return spans
    }

    private static func add(
        _ resource: UnsafeMutablePointer<Faultline__Otlp__ResourceSpans>, to spans: inout [ReferenceSpan]
    ) {
        var texts: [String: [[UInt8]]] = [:]
        if let described = unsafe resource.pointee.resource {
            texts = unsafe read(described.pointee.attributes, described.pointee.n_attributes).texts
        }
        let instances = ["service.instance.id", "k8s.pod.name", "host.name"].map { texts[$0]?.last ?? [] }
        for scope in unsafe 0..<resource.pointee.n_scope_spans {
            guard let scope = unsafe resource.pointee.scope_spans[scope] else { continue }
            for index in unsafe 0..<scope.pointee.n_spans {
                guard let span = unsafe scope.pointee.spans[index] else { continue }
                var read = unsafe read(span, service: texts["service.name"]?.last ?? [])
                read.cluster = texts["k8s.cluster.name"]?.last ?? []
                read.instance = instances.first { !$0.isEmpty } ?? []
                spans.append(read)
            }
        }
    }

    private static func read(
        _ span: UnsafeMutablePointer<Faultline__Otlp__Span>, service: [UInt8]
    ) -> ReferenceSpan {
        let attributes = unsafe read(span.pointee.attributes, span.pointee.n_attributes)
        return unsafe ReferenceSpan(
            service: service, name: bytes(span.pointee.name), kind: span.pointee.kind,
            traceID: bytes(span.pointee.trace_id), spanID: bytes(span.pointee.span_id),
            parentID: bytes(span.pointee.parent_span_id), start: span.pointee.start_time_unix_nano,
            end: span.pointee.end_time_unix_nano, statusCode: span.pointee.status?.pointee.code ?? 0,
            texts: attributes.texts, integers: attributes.integers)
    }

    private static func read(
        _ attributes: UnsafeMutablePointer<UnsafeMutablePointer<Faultline__Otlp__KeyValue>?>?, _ count: Int
    ) -> (texts: [String: [[UInt8]]], integers: [String: [Int64]]) {
        var texts: [String: [[UInt8]]] = [:]
        var integers: [String: [Int64]] = [:]
        guard let attributes = unsafe attributes else { return (texts, integers) }
        for index in 0..<count {
            guard let pair = unsafe attributes[index], let value = unsafe pair.pointee.value else { continue }
            let key = unsafe String(decoding: bytes(pair.pointee.key), as: UTF8.self)
            switch unsafe value.pointee.value_case {
            case FAULTLINE__OTLP__ANY_VALUE__VALUE_STRING_VALUE:
                unsafe texts[key, default: []].append(bytes(value.pointee.string_value))
            case FAULTLINE__OTLP__ANY_VALUE__VALUE_INT_VALUE:
                unsafe integers[key, default: []].append(value.pointee.int_value)
            default: break
            }
        }
        return (texts, integers)
    }

    private static func bytes(_ contents: ProtobufCBinaryData) -> [UInt8] {
        unsafe Array(UnsafeBufferPointer(start: contents.data, count: contents.len))
    }
}
