package import Engine

/// How requests ended, as the API and notifications have it.
package struct RequestsJSON: Codable, Hashable, Sendable {
    private struct Verb: Codable, Hashable, Sendable {
        var verb: String
        var count: Int
        var slow: Int
        var failed: Int
    }

    package var count: Int
    /// Slower than the 99th percentile that their kind had in the baseline.
    package var slow: Int
    package var failed: Int
    /// Most slow and failed ones first; nil in what an earlier version saved.
    private var verbs: [Verb]?

    package init(_ outcomes: RequestOutcomes) {
        count = outcomes.count
        slow = outcomes.slow
        failed = outcomes.failed
        verbs = outcomes.verbs.map { verb, tally in
            Verb(verb: verb, count: tally.count, slow: tally.slow, failed: tally.failed)
        }.sorted { ($1.slow + $1.failed, $0.verb) < ($0.slow + $0.failed, $1.verb) }
    }

    var outcomes: RequestOutcomes {
        let tallies = (verbs ?? []).map { row in
            (row.verb, RequestOutcomes.Tally(count: row.count, slow: row.slow, failed: row.failed))
        }
        return RequestOutcomes(
            count: count, slow: slow, failed: failed, verbs: Dictionary(tallies) { first, _ in first })
    }

    /// The verbs of which more requests were slow or failed than are slow on any day: one in twenty rather than in a hundred.
    package var affectedVerbs: [String] {
        (verbs ?? []).filter { ($0.slow + $0.failed) * Self.usualShare > $0.count }.map(\.verb)
    }

    private static let usualShare = 20
}
