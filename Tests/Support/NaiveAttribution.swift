/// Attributes the time of API requests by following the definition word by word, instant by instant.
///
/// Takes all spans at once, in the order in which they were received. Nothing here is bounded or fast.
package struct NaiveAttribution {
    package struct Request: Equatable {
        package var traceID: [UInt8]
        package var spanID: [UInt8]
        /// From the start of its authentication, if that is known; nanoseconds, like all durations here.
        package var duration: Int64
        /// The time before its span.
        package var lead: Int64 = 0
        /// Each component's part of the duration; components without one are left out.
        package var components: [NaiveComponent: Int64] = [:]
        /// Each span's part of the time of the request's span, by span id; spans without one are left out.
        package var spans: [[UInt8]: Int64] = [:]
    }

    /// The acceptable spans without duplicates: the first of those with the same trace id and span id.
    package private(set) var spans: [ReferenceSpan] = []
    private var numbers: [Key: Int] = [:]
    private var children: [Key: [Int]] = [:]

    private struct Key: Hashable {
        var traceID: [UInt8]
        var spanID: [UInt8]
    }

    package init(_ received: [ReferenceSpan]) {
        for span in received where span.isAcceptable && numbers[key(span)] == nil {
            numbers[key(span)] = spans.count
            spans.append(span)
        }
        for (number, span) in spans.enumerated() where !isOwnAncestor(span) {
            children[Key(traceID: span.traceID, spanID: span.parentID), default: []].append(number)
        }
    }

    /// One for each SERVER span of the API server that is not long-running, in the order in which they were received.
    package func requests() -> [Request] {
        let authentication = NaiveAuthentication(self)
        return spans.filter { $0.isAPIServerRequest && !$0.isLongRunning && !isPassedOn($0) }.map {
            attribute($0, authentication)
        }
    }

    /// Whether it is the SERVER span of an aggregated API server, of a request that another one passed on.
    package func isPassedOn(_ span: ReferenceSpan) -> Bool {
        guard span.isAPIServerRequest, let call = callThatPassedOn(span), isProxy(call) else { return false }
        var above = call
        while above.start < span.end, above.end > span.start {
            if above.isAPIServerRequest { return above.isOfSameRequest(as: span) }
            if isWebhook(above) { return false }
            guard let next = linkedParent(above) else { return false }
            above = next
        }
        return false
    }

    /// The parent of a request's span, or of its authentication if that is its parent.
    private func callThatPassedOn(_ span: ReferenceSpan) -> ReferenceSpan? {
        let parent = linkedParent(span)
        return parent.map(isAuthentication) == true ? parent.flatMap(linkedParent) : parent
    }

    /// Whether a span lies below the call that passed a request on, but not above `server`.
    private func isWithinPassedOn(_ span: ReferenceSpan, of server: ReferenceSpan) -> Bool {
        var current = span
        while key(current) != key(server) {
            if isPassedOn(current) { return true }
            let isItsAuthentication =
                isAuthentication(current) && childSpans(current).contains { isPassedOn($0) }
            if isItsAuthentication { return true }
            guard let next = parent(current) else { return false }
            current = next
        }
        return false
    }

    /// A span's duration minus the time that its children cover.
    package func selfTime(_ span: ReferenceSpan) -> Int64 {
        let covering = childSpans(span)
        return instants(of: span, cutBy: covering).reduce(0) { sum, interval in
            let isCovered = covering.contains { $0.covers(interval.lowerBound) }
            return isCovered ? sum : sum + length(interval)
        }
    }

    /// The parent span, if it was received.
    package func parent(_ span: ReferenceSpan) -> ReferenceSpan? {
        numbers[Key(traceID: span.traceID, spanID: span.parentID)].map { spans[$0] }
    }

    /// Whether a span's self time means anything: it doesn't for a long-running request, its client's call, its
    /// authentication and the spans below it, for a watch of etcd, nor for an authentication span that nothing links to its
    /// request.
    package func countsSelfTime(_ span: ReferenceSpan) -> Bool {
        let isAlone = parent(span) == nil || isOwnAncestor(span)
        let children = childSpans(span)
        let isCall =
            (span.kind == ReferenceSpan.client || isAuthentication(span)) && children.contains(where: \.isLongRunning)
            || ["etcdserverpb.Watch/Watch", "etcdserverpb.Lease/LeaseKeepAlive"].contains(span.nameText)
        let isWithoutRequest = !children.contains { $0.isAPIServerRequest && !$0.isLongRunning }
        return !isBelowLongRunning(span) && !isCall && !(isAlone && isAuthentication(span) && isWithoutRequest)
    }

    private func isBelowLongRunning(_ span: ReferenceSpan) -> Bool {
        if span.isLongRunning { return true }
        guard !isOwnAncestor(span), let above = parent(span) else { return false }
        return isBelowLongRunning(above)
    }

    private func attribute(_ server: ReferenceSpan, _ authentication: NaiveAuthentication) -> Request {
        let start = authentication.start(of: server)
        var request = Request(
            traceID: server.traceID, spanID: server.spanID, duration: length(start..<server.end),
            lead: length(start..<server.start))
        if request.lead > 0 { request.components[.authentication] = request.lead }
        for interval in instants(of: server, cutBy: descendants(server)) {
            let owner = owner(of: interval.lowerBound, in: server)
            let component = isWithinPassedOn(owner, of: server) ? .proxy : component(owner)
            request.components[component, default: 0] += length(interval)
            request.spans[owner.spanID, default: 0] += length(interval)
        }
        return request
    }

    private func owner(of instant: UInt64, in server: ReferenceSpan) -> ReferenceSpan {
        var owner = server
        while let child = childSpans(owner).filter({ $0.covers(instant) }).min(by: isPreferred) { owner = child }
        return owner
    }

    /// Orders siblings that cover the same instant.
    private func isPreferred(_ one: ReferenceSpan, _ other: ReferenceSpan) -> Bool {
        if one.start != other.start { return one.start > other.start }
        if one.end != other.end { return one.end < other.end }
        return one.spanID.lexicographicallyPrecedes(other.spanID)
    }

    /// The intervals of a span's time in which no other span starts or ends: all instants of one are attributed
    /// alike.
    private func instants(of span: ReferenceSpan, cutBy others: [ReferenceSpan]) -> [Range<UInt64>] {
        let cuts = others.flatMap { [$0.start, $0.end] }.filter { $0 > span.start && $0 < span.end }
        let times = Set(cuts + [span.start, span.end]).sorted()
        return zip(times, times.dropFirst()).map { $0..<$1 }
    }

    private func descendants(_ span: ReferenceSpan) -> [ReferenceSpan] {
        var found: [ReferenceSpan] = []
        var pending = childSpans(span)
        while let next = pending.popLast() {
            found.append(next)
            pending += childSpans(next)
        }
        return found
    }

    private func childSpans(_ span: ReferenceSpan) -> [ReferenceSpan] {
        (children[key(span)] ?? []).map { spans[$0] }
    }

    func isOwnAncestor(_ span: ReferenceSpan) -> Bool {
        var seen: Set<Key> = []
        var current = parent(span)
        while let above = current, seen.insert(key(above)).inserted {
            if key(above) == key(span) { return true }
            current = parent(above)
        }
        return false
    }

    private func key(_ span: ReferenceSpan) -> Key { Key(traceID: span.traceID, spanID: span.spanID) }

    private func length(_ interval: Range<UInt64>) -> Int64 { Int64(interval.upperBound - interval.lowerBound) }
}

extension ReferenceSpan {
    /// Half-open: a span of zero length covers nothing.
    fileprivate func covers(_ instant: UInt64) -> Bool { start <= instant && instant < end }
}
