/// Finds where API requests begin by following the definition word by word: at their authentication, if it is their parent or
/// is tied to them by time.
struct NaiveAuthentication {
    private struct Tie {
        var authentication: ReferenceSpan
        var request: ReferenceSpan
    }

    private let attribution: NaiveAttribution
    /// By the trace id and span id of the request.
    private var starts: [[UInt8]: UInt64] = [:]

    private static let millisecond: UInt64 = 1_000_000

    init(_ attribution: NaiveAttribution) {
        self.attribution = attribution
        for tie in ties() { starts[Self.key(tie.request)] = tie.authentication.start }
    }

    /// When a request begins, Unix nanoseconds.
    func start(of request: ReferenceSpan) -> UInt64 {
        if let parent = attribution.linkedParent(request), attribution.isAuthentication(parent) {
            return min(parent.start, request.start)
        }
        return starts[Self.key(request)] ?? request.start
    }

    private func ties() -> [Tie] {
        // Requests by source and by the millisecond of their end: a shorter list to look through, nothing more.
        var open: [[[UInt8]]: [UInt64: [ReferenceSpan]]] = [:]
        for span in attribution.spans where span.isAPIServerRequest && isWithoutAuthentication(span) {
            open[span.source, default: [:]][span.end / Self.millisecond, default: []].append(span)
        }
        let inOrder = loneAuthentications.sorted { one, other in
            if one.end != other.end { return one.end < other.end }
            if one.start != other.start { return one.start < other.start }
            return one.spanID.lexicographicallyPrecedes(other.spanID)
        }
        return inOrder.compactMap { authentication in
            let last = authentication.end / Self.millisecond
            let near = [last - min(last, 1), last].flatMap { open[authentication.source]?[$0] ?? [] }
            let candidates = near.filter { request in
                request.start >= authentication.start && request.end <= authentication.end
                    && authentication.end - request.end <= Self.millisecond
            }
            guard let chosen = candidates.min(by: isPreferred) else { return nil }
            open[authentication.source]?[chosen.end / Self.millisecond]?.removeAll { $0 == chosen }
            return Tie(authentication: authentication, request: chosen)
        }
    }

    private var loneAuthentications: [ReferenceSpan] {
        let byTrace = Dictionary(grouping: attribution.spans, by: \.traceID)
        return byTrace.values.filter { $0.count == 1 }.flatMap(\.self).filter(attribution.isAuthentication)
    }

    private func isWithoutAuthentication(_ request: ReferenceSpan) -> Bool {
        guard let parent = attribution.linkedParent(request) else { return true }
        return !attribution.isAuthentication(parent) && !isWithinRequest(request)
    }

    private func isWithinRequest(_ span: ReferenceSpan) -> Bool {
        var current = attribution.linkedParent(span)
        while let above = current {
            if above.isAPIServerRequest { return true }
            current = attribution.linkedParent(above)
        }
        return false
    }

    private func isPreferred(_ one: ReferenceSpan, _ other: ReferenceSpan) -> Bool {
        if one.end != other.end { return one.end > other.end }
        if one.start != other.start { return one.start > other.start }
        return one.spanID.lexicographicallyPrecedes(other.spanID)
    }

    private static func key(_ span: ReferenceSpan) -> [UInt8] { span.traceID + span.spanID }
}

extension NaiveAttribution {
    func isAuthentication(_ span: ReferenceSpan) -> Bool { span.isOfAPIServer && component(span) == .authentication }

    /// The parent span, unless following parents leads back.
    func linkedParent(_ span: ReferenceSpan) -> ReferenceSpan? { isOwnAncestor(span) ? nil : parent(span) }
}
