package import Engine
import Rules

/// The spans of traces that active alerts name, kept after the window has evicted them.
struct PinnedTraces: Sendable {
    private struct Life: Hashable {
        var fingerprint: String
        var activeAt: Int64
    }

    private var spansOfTrace: [TraceID: NamedSpans] = [:]
    /// The alerts that name each trace: when the last one resolves, the trace is released.
    private var alertsOfTrace: [TraceID: Set<Life>] = [:]
    private var spanCount = 0

    /// Enough for one incident; the traces of further alerts are evicted with the window.
    private static let spansMax = 100_000

    var traces: Set<TraceID> { Set(alertsOfTrace.keys) }

    subscript(trace: TraceID) -> NamedSpans { spansOfTrace[trace] ?? NamedSpans() }

    /// Pins the traces of alerts that fire, reading their spans from a view, and releases those of alerts that resolve.
    mutating func follow(_ transitions: [AlertTransition], _ view: WindowView) {
        var wanted: [TraceID] = []
        for alert in transitions.map(\.alert) {
            let life = Life(fingerprint: alert.fingerprint, activeAt: alert.activeAt)
            switch alert.state {
            case .firing:
                for trace in alert.namedTraces {
                    if alertsOfTrace[trace] == nil { wanted.append(trace) }
                    alertsOfTrace[trace, default: []].insert(life)
                }
            case .resolved: release(life)
            case .inactive, .pending: break
            }
        }
        guard !wanted.isEmpty else { return }
        for (trace, spans) in zip(wanted, view.spans(of: wanted)) where spanCount + spans.count <= Self.spansMax {
            spansOfTrace[trace] = NamedSpans(spans, view)
            spanCount += spans.count
        }
    }

    /// Releases the traces of alerts whose rules are gone, since nothing will resolve them.
    mutating func release(_ alerts: [Alert]) {
        for alert in alerts { release(Life(fingerprint: alert.fingerprint, activeAt: alert.activeAt)) }
    }

    private mutating func release(_ life: Life) {
        for trace in alertsOfTrace.keys {
            alertsOfTrace[trace]?.remove(life)
            guard alertsOfTrace[trace]?.isEmpty == true else { continue }
            alertsOfTrace[trace] = nil
            spanCount -= spansOfTrace.removeValue(forKey: trace)?.spans.count ?? 0
        }
    }
}

extension Alert {
    /// The traces that it, or the incident that it notifies of, points to.
    fileprivate var namedTraces: [TraceID] {
        evidence?.traces ?? incident?.incident.traces.compactMap { TraceID(hex: $0) } ?? []
    }
}

/// Spans with the names that they refer to, so that they outlive a view's numbers.
package struct NamedSpans: Sendable {
    /// Each span's operation is an index into `operations`, its request one into `requests`, plus one.
    package private(set) var spans: [SpanRow] = []
    package private(set) var operations: [OperationLabels] = []
    package private(set) var requests: [RequestLabels] = []

    init() {}

    /// - Parameter view: the view that the spans' numbers belong to.
    init(_ spans: [SpanRow], _ view: WindowView) {
        self.spans = spans
        var operationIndices: [UInt16: UInt16] = [:]
        var requestIndices: [UInt16: UInt16] = [:]
        for index in spans.indices {
            self.spans[index].operation = Self.index(
                of: spans[index].operation, in: view.operations, &operationIndices, &operations)
            guard spans[index].request > 0 else { continue }
            self.spans[index].request =
                Self.index(of: spans[index].request - 1, in: view.requests, &requestIndices, &requests) + 1
        }
    }

    private static func index<Labels>(
        of number: UInt16, in all: [Labels], _ indices: inout [UInt16: UInt16], _ labels: inout [Labels]
    ) -> UInt16 {
        if let known = indices[number] { return known }
        let index = UInt16(labels.count)
        indices[number] = index
        labels.append(all[Int(number)])
        return index
    }
}
