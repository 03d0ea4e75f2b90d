import Engine
import Receivers
import Support

/// Export requests that a daemon refused, for one reason.
package struct RefusedExports: Equatable, Sendable {
    /// `grpc` or `http`.
    var transport: String
    var reason: String
    var count: Int

    package static let metric = "faultline_requests_refused_total"
    private static let transports = [Transport.grpc, .http].map(\.rawValue)

    /// Those that metrics in the text format count, most first.
    package static func read(_ metrics: String) -> [RefusedExports] {
        metrics.split(separator: "\n").compactMap { line in
            let sample = line.split(whereSeparator: { "{}=,\" ".contains($0) })
            guard sample.count == 6, sample[0] == metric, let count = Double(sample[5]).flatMap({ Int(exactly: $0) }),
                count > 0
            else { return nil }
            return RefusedExports(transport: String(sample[2]), reason: String(sample[4]), count: count)
        }
        .filter { transports.contains($0.transport) }
        .sorted { ($1.count, $0.transport, $0.reason) < ($0.count, $1.transport, $1.reason) }
    }

    /// What is to be done about it.
    private var advice: String? {
        guard let reason = RefusalReason(rawValue: reason) else { return nil }
        return switch reason {
        case .unknownPath: "OTLP over HTTP goes to /v1/traces"
        case .tooLarge: "send smaller batches, or raise `limits.max_request_bytes`"
        case .bytesInFlight, .connectionBytes:
            "exporters retry; if it persists, raise `limits.memory` or sample less"
        case .archiveQueue, .archiveWrite: "exporters retry; check the disk that the recording is written to"
        case .connections: "raise `limits.max_connections`, or find out which clients open so many"
        default: reason.explanation
        }
    }

    var sentence: String {
        let name = PrintableText.escape("\(transport) \(reason)")
        return "\(name) \(count)" + (advice.map { " (\($0))" } ?? "")
    }
}

/// Spans that a daemon had accepted and dropped because its clock was set back.
package enum SetBackSpans {
    package static let metric = "faultline_spans_dropped_total"
    private static let sample = metric + "{reason=\"clock_set_back\"} "

    /// Their number in metrics in the text format.
    package static func read(_ metrics: String) -> Int {
        let line = metrics.split(separator: "\n").first { $0.hasPrefix(sample) }
        return line.flatMap { Double($0.dropFirst(sample.count)) }.flatMap { Int(exactly: $0) } ?? 0
    }
}

extension SourceFindings {
    /// The part of spans that may come late before it is said.
    private static let lateMin = 0.01
    /// How many sources of late spans are named.
    private static let namedMax = 3

    /// What the daemon refused or rejected, and what came late.
    func intake(_ heard: HeardSources) -> [String] {
        var found: [String] = []
        if !heard.refusals.isEmpty {
            found.append(
                "export requests were refused since the start: "
                    + heard.refusals.map(\.sentence).joined(separator: ", ")
                    + ". docs/configuration.md explains the reasons; spans that an exporter doesn't send again are lost."
            )
        }
        let rejected = heard.status.rejected.filter { $0.value > 0 }
        if !rejected.isEmpty {
            let reasons = rejected.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
                .map { "\(PrintableText.escape($0.key)) \($0.value)" }.joined(separator: ", ")
            let future =
                rejected[RejectionReason.inFuture.rawValue] == nil
                ? ""
                : " in_future: they ended more than ten minutes after their arrival, so the clock of the control plane is ahead of "
                    + "this machine's, or this one's is behind (compare `date -u` on both; chronyc tracking)."
            found.append(
                "spans were rejected since the start (\(reasons)): docs/configuration.md explains the reasons.\(future)"
            )
        }
        if heard.setBack > 0 {
            found.append(
                "the clock of the daemon's machine was set back since the start: \(countText(heard.setBack)) spans that end "
                    + "later than the time it was set to are in no range of a query or rule any more. If it is right now, nothing "
                    + "is to be done; else compare `date -u` with the control plane's (chronyc tracking)."
            )
        }
        return found + late(heard.sources)
    }

    /// One sentence about all whose spans come too late.
    private func late(_ sources: [HeardSources.Source]) -> [String] {
        let late = sources.filter { Double($0.late) > Double($0.spans) * Self.lateMin }
            .sorted { ($1.late, $0.name) < ($0.late, $1.name) }
        guard !late.isEmpty else { return [] }
        var named = late.prefix(Self.namedMax).map { source in
            let cluster = source.cluster.isEmpty ? "" : " in cluster \(PrintableText.escape(source.cluster))"
            return "\(countText(source.late)) of \(countText(source.spans)) spans of \(source.name)\(cluster)"
        }
        let others = late.count - named.count
        if others > 0 { named[named.count - 1] += " and spans of \(others) more \(others == 1 ? "source" : "sources")" }
        let most = late.compactMap(\.lateness_seconds).max().map {
            ", up to \(stretchText(Int64(min($0, 1e9)) * 1_000_000_000)) after their end"
        }
        return [
            "\(named.joined(separator: ", ")) arrived too late to be evaluated\(most ?? ""): "
                + "\(late.count == 1 ? "its exporter" : "their exporters") or a collector in between holds them back, or is "
                + "overloaded. Shorten its batch timeout, or raise `evaluation_delay`."
        ]
    }
}
