import Engine
import Support

// The time range that a query may be limited to.

extension QueryParameter {
    static let from = time("from")
    static let to = time("to")

    /// What questions about a range of time take.
    static let common = [from, to, cluster]

    static func time(_ name: String) -> QueryParameter {
        QueryParameter(name, "\(name) must be \(Timestamp.forms)") {
            Timestamp.parse($0, now: TimeLimits.latest) != nil
        }
    }
}

/// A time range as requested, Unix nanoseconds.
struct QueryRange: Equatable, Sendable {
    /// Nothing is kept for longer.
    private static let longest: Int64 = 92 * 86_400 * 1_000_000_000

    /// nil if it was left open: from the oldest span, or to now.
    let from: Int64?
    let to: Int64?
    let now: Int64

    init(from: Int64?, to: Int64?, now: Int64) {
        (self.from, self.to, self.now) = (from, to, now)
    }

    /// Whether it is limited; else it is the whole window.
    var isGiven: Bool { from != nil || to != nil }

    /// The range of span ends. An open end is now: hosts whose clocks are ahead send spans that end later.
    var ends: Range<Int64> {
        let end = to ?? max(now, from ?? 0)
        return min(from ?? 0, end)..<end
    }

    /// The range of span ends in a view; nil if the whole view is in it.
    func ends(in view: WindowView) -> Range<Int64>? {
        guard !isGiven else { return ends }
        guard let last = view.lastEnd, last >= now, let first = view.slots.first?.start else { return nil }
        return min(first, now)..<now
    }

    /// Whether it overlaps a stretch of time, both ends included, Unix nanoseconds.
    func overlaps(_ first: Int64, _ last: Int64) -> Bool {
        first < to ?? .max && last >= from ?? .min
    }

    /// Whether only stragglers can still change what is known about it.
    var isFinal: Bool { to.map { $0 < now.subtractingSaturating(Self.stragglingMax) } ?? false }

    private static let stragglingMax: Int64 = 120_000_000_000

    /// Both ends.
    ///
    /// - Parameter oldest: when the range begins if that was left open, Unix nanoseconds; nil if there are no spans.
    func resolved(oldest: Int64?) -> Range<Int64> {
        let end = ends.upperBound
        return min(from ?? oldest ?? end, end)..<end
    }

    /// What is wrong with it; nil if nothing is.
    ///
    /// - Parameters:
    ///   - names: of the parameters for its ends.
    ///   - texts: of their values.
    func problem(_ names: (from: String, to: String), _ texts: (from: String?, to: String?)) -> String? {
        guard let from else { return nil }
        let shown = "\(names.from)=\(PrintableText.quote(texts.from ?? ""))"
        let end = to ?? now
        guard from < end else {
            let other = texts.to.map { "\(names.to)=\(PrintableText.quote($0))" } ?? "now"
            return "\(names.from) must be before \(names.to), but \(shown) is not before \(other)"
        }
        guard end - from <= Self.longest else {
            return "a range is at most \(DurationText.format(Self.longest)) long, but \(shown) begins "
                + "\(DurationText.format((end - from) / 1_000_000_000 * 1_000_000_000)) before its end"
        }
        return nil
    }
}

extension Query {
    /// Reads a range, and checks that it is one.
    func range(_ from: QueryParameter, _ to: QueryParameter) throws(QueryError) -> QueryRange {
        let range = QueryRange(
            from: self[from].flatMap { Timestamp.parse($0, now: now) },
            to: self[to].flatMap { Timestamp.parse($0, now: now) }, now: now)
        if let problem = range.problem((from.name, to.name), (self[from], self[to])) {
            throw QueryError(message: problem)
        }
        return range
    }
}
