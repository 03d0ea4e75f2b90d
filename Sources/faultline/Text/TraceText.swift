import Foundation
import Support

/// What the API says about a trace: the part that a terminal shows.
struct ShownTrace: Decodable {
    struct Span: Decodable {
        var span_id: String
        /// Of an authentication that is a trace of its own.
        var trace_id: String?
        var parent_span_id: String?
        var service: String
        var operation: String
        var offset_seconds: Double
        var duration_seconds: Double
        var error: Bool
        var status: Status
    }

    struct Status: Decodable {
        var message: String?
    }

    struct Request: Decodable {
        var verb: String
        var group: String
        var resource: String
        var subresource: String
        var duration_seconds: Double
        var components: [Part]
        var authentication_trace_id: String?
        var rank: Rank?
    }

    struct Part: Decodable {
        var component: String
        var seconds: Double
    }

    struct Rank: Decodable {
        var faster_share: Double
        var of: Int
    }

    var trace_id: String
    var start: String
    var duration_seconds: Double
    /// Why spans may be missing; nil from a daemon that doesn't say.
    var warnings: [String]?
    /// Whether attributes, events and messages are there for every span.
    var whole: Bool
    var spans: [Span]
    var requests: [Request]

    fileprivate static let partial =
        "without the attributes, events and messages of some spans: they are no longer kept, or were not (traces.max_bytes)"
}

/// A trace for a terminal: the time of its requests by component, then a line for each span. No line is longer than
/// `width`.
struct TraceText {
    private let trace: ShownTrace
    private let width: Int

    /// Columns of the bars, and of the durations behind them.
    private let barWidth: Int
    private static let durationWidth = 9

    init(_ trace: ShownTrace, width: Int) {
        self.trace = trace
        self.width = max(width, 40)
        barWidth = max(self.width / 3, 10)
    }

    var text: String {
        let count = countText(trace.spans.count { $0.trace_id == nil }, "span")
        var lines = [
            "trace \(trace.trace_id), \(durationText(seconds: trace.duration_seconds)), \(count)".cut(width),
            "from \(trace.start)".cut(width),
        ]
        for request in trace.requests { lines += self.lines(of: request) }
        if !trace.whole { lines += ShownTrace.partial.wrapped(width) }
        lines.append("")
        for (span, depth) in ordered { lines += self.lines(of: span, depth: depth) }
        return lines.joined(separator: "\n")
    }

    // MARK: Requests

    private func lines(of request: ShownTrace.Request) -> [String] {
        let name = RequestName.text(
            verb: request.verb, group: request.group, resource: request.resource, subresource: request.subresource)
        var title = "\(PrintableText.escape(name)): \(durationText(seconds: request.duration_seconds))"
        if let rank = request.rank {
            // Rounded down, so that only the slowest of all is slower than 100 %.
            let share = (rank.faster_share * 1000).rounded(.down) / 10
            title += ", slower than \(String(format: "%g", share)) % of \(countText(rank.of)) like it"
        }
        let parts = request.components.filter { $0.seconds > 0 }.map { part in
            let share = part.seconds / max(request.duration_seconds, .leastNonzeroMagnitude)
            let time = "\(durationText(seconds: part.seconds)) (\(shareText(share)))"
            return "\(PrintableText.escape(part.component)) \(time)"
        }
        let authentication = request.authentication_trace_id.map { "authentication is trace \($0)" }
        return ["", title.cut(width)] + wrapped(parts, indent: "  ")
            + (authentication.map { $0.wrapped(width, indent: 2) } ?? [])
    }

    /// Joins items with commas, and begins a new line before one that doesn't fit.
    private func wrapped(_ items: [String], indent: String) -> [String] {
        var lines: [String] = []
        var line = indent
        for (index, item) in items.enumerated() {
            let text = item + (index < items.count - 1 ? "," : "")
            if line.columns + 1 + text.columns > width, line != indent {
                lines.append(line)
                line = indent
            }
            line += line == indent ? text : " " + text
        }
        return (lines + [line]).map { $0.cut(width) }
    }

    // MARK: Spans

    /// Children below their parent, in order of start. A span whose parent isn't there is a root.
    private var ordered: [(span: ShownTrace.Span, depth: Int)] {
        let ids = Set(trace.spans.map(\.span_id))
        var children: [String: [ShownTrace.Span]] = [:]
        var stack: [(span: ShownTrace.Span, depth: Int)] = []
        for span in trace.spans.reversed() {
            if let parent = span.parent_span_id, ids.contains(parent), parent != span.span_id {
                children[parent, default: []].append(span)
            } else {
                stack.append((span, 0))
            }
        }
        var result: [(span: ShownTrace.Span, depth: Int)] = []
        var seen: Set<String> = []
        while let next = stack.popLast() {
            guard seen.insert(next.span.span_id).inserted else { continue }
            result.append(next)
            stack += (children[next.span.span_id] ?? []).map { ($0, next.depth + 1) }
        }
        // Spans that are their own ancestors have no root.
        return result + trace.spans.filter { !seen.contains($0.span_id) }.map { ($0, 0) }
    }

    private func lines(of span: ShownTrace.Span, depth: Int) -> [String] {
        let nameWidth = width - barWidth - Self.durationWidth - 2
        let indent = String(repeating: " ", count: min(depth, 12))
        let name = indent + PrintableText.escape("\(span.service) \(span.operation)")
        let length = durationText(seconds: span.duration_seconds)
        let shownName = name.shortened(nameWidth).left(nameWidth)
        let line = "\(shownName) \(bar(span)) \(length.right(Self.durationWidth))"
        guard span.error else { return [line] }
        let message = span.status.message.map { ": \(PrintableText.escape($0))" } ?? ""
        return [line, "\(indent)  error\(message)".cut(width)]
    }

    private func bar(_ span: ShownTrace.Span) -> String {
        let whole = max(trace.duration_seconds, .leastNonzeroMagnitude)
        let first = min(max(Int(span.offset_seconds / whole * Double(barWidth)), 0), barWidth - 1)
        let end = (span.offset_seconds + span.duration_seconds) / whole * Double(barWidth)
        let last = min(max(Int(end.rounded(.up)), first + 1), barWidth)
        let mark: Character = span.error ? "x" : "="
        return String(repeating: " ", count: first) + String(repeating: mark, count: last - first)
            + String(repeating: " ", count: barWidth - last)
    }
}
