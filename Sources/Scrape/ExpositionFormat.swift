/// The formats of a scrape.
///
/// Sources: Prometheus text exposition format 0.0.4; OpenMetrics 1.0.0; Prometheus' client_model, `metrics.proto`.
package enum ExpositionFormat: Sendable, CaseIterable {
    case text
    case openMetrics
    case protobuf

    package var contentType: String {
        switch self {
        case .text: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        case .protobuf:
            "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
        }
    }

    /// The format that an `Accept` header prefers by `q`, of several the first; text if it names none.
    package init(accept: String?) {
        var best: (format: Self, quality: Double) = (.text, 0)
        for part in (accept ?? "").split(separator: ",") {
            let fields = part.split(separator: ";").map { $0.filter { !$0.isWhitespace }.lowercased() }
            guard let format = Self.named(fields) else { continue }
            let quality = fields.lazy.compactMap { $0.hasPrefix("q=") ? Double($0.dropFirst(2)) : nil }.first ?? 1
            if quality > best.quality { best = (format, quality) }
        }
        self = best.format
    }

    /// - Parameter fields: a media type and its parameters, in lower case.
    private static func named(_ fields: [String]) -> Self? {
        switch fields.first {
        case "text/plain": .text
        case "application/openmetrics-text": .openMetrics
        case "application/vnd.google.protobuf"
        where fields.contains("proto=io.prometheus.client.metricfamily") && fields.contains("encoding=delimited"):
            .protobuf
        default: nil
        }
    }
}
