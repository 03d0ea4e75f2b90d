/// How many requests begin with their SERVER span although their instance has lone authentications, by reason.
package struct WithoutAuthentication: Equatable, Sendable {
    /// The spans are sampled, so that most halves of a request are missing.
    package private(set) var sampled = 0
    /// There are so many lone authentications that another request's is often nearer than the request's own.
    package private(set) var crowded = 0

    package init() {}

    package var isEmpty: Bool { sampled == 0 && crowded == 0 }

    fileprivate mutating func add(_ decision: TieDecision) {
        switch decision {
        case .tied: break
        case .sampled: sampled += 1
        case .crowded: crowded += 1
        }
    }
}

extension WindowView {
    /// The requests without authentication in attributed slots, by request number.
    ///
    /// - Parameter range: of their ends, Unix nanoseconds; nil for everything.
    package func withoutAuthentication(in range: Range<Int64>? = nil) -> [WithoutAuthentication] {
        var counts = requests.map { _ in WithoutAuthentication() }
        for slot in slots {
            guard let attribution = slot.attribution, attribution.ties.contains(where: { $0.decision != .tied }) else {
                continue
            }
            if let range, !range.overlaps(slot.start..<slot.end) { continue }
            // Looking up when each one ended costs as much as the rest of the table of requests.
            let part = range.flatMap { $0.lowerBound <= slot.start && slot.end <= $0.upperBound ? nil : $0 }
            for (number, request) in attribution.requests.enumerated() where request.tie != .tied {
                guard part?.contains(attribution.end(ofRequest: number, in: slot)) ?? true else { continue }
                counts[Int(request.series)].add(request.tie)
            }
        }
        return counts
    }
}
