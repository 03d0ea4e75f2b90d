package import Archive
package import Engine
import Foundation
import OTLP

/// A trace as its spans came.
package struct WholeTrace: Sendable {
    package let id: TraceID
    /// In order of start; each span id once.
    package private(set) var spans: [Span]

    /// A span with its resource and its scope.
    package struct Span: Sendable {
        package var span: OTLPDocument.Span
        package var resource: [OTLPDocument.Attribute]
        package var scope: OTLPDocument.Scope?
        package var spanID: UInt64
        /// Unix nanoseconds.
        package var start: UInt64
        package var end: UInt64

        package var service: String {
            resource.last { $0.key == "service.name" }?.value?.stringValue ?? ""
        }
        package var isError: Bool { span.status?.code == 2 }
    }

    package static func traces(in message: [UInt8], order: [TraceID]) -> [WholeTrace] {
        guard let text = try? unsafe OTLPJSON.text(of: message.span.bytes),
            let document = try? JSONDecoder().decode(OTLPDocument.self, from: Data(text))
        else { return [] }
        var spans: [TraceID: [UInt64: Span]] = [:]
        for resourceSpans in document.resourceSpans ?? [] {
            for scopeSpans in resourceSpans.scopeSpans ?? [] {
                for span in scopeSpans.spans ?? [] {
                    guard let trace = TraceID(hex: span.traceId ?? ""),
                        let id = UInt64(span.spanId ?? "", radix: 16)
                    else { continue }
                    let whole = Span(
                        span: span, resource: resourceSpans.resource?.attributes ?? [], scope: scopeSpans.scope,
                        spanID: id, start: UInt64(span.startTimeUnixNano ?? "") ?? 0,
                        end: UInt64(span.endTimeUnixNano ?? "") ?? 0)
                    spans[trace, default: [:]][id] = spans[trace]?[id] ?? whole
                }
            }
        }
        return order.compactMap { id in
            spans[id].map { found in
                WholeTrace(id: id, spans: found.values.sorted { ($0.start, $0.spanID) < ($1.start, $1.spanID) })
            }
        }
    }
}
