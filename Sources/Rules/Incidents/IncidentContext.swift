import Engine

/// What incidents ask of the spans at an evaluation. Times and durations are in nanoseconds.
protocol IncidentContext {
    var time: Int64 { get }
    /// The next evaluation of any rule; nil if there is none.
    var next: Int64? { get }

    /// Whether a span of the control plane ended since an earlier evaluation.
    func isHeard(since last: Int64) -> Bool

    /// What each API server and etcd did in a stretch of time.
    func activity(_ times: Range<Int64>, sourcesMax: Int) -> [SourceActivity]

    /// Whether an alert's condition no longer holds once some stretches of time are cut out of its windows.
    func isAftermath(_ alert: AlertSighting, of times: [Range<Int64>]) -> Bool

    /// Whether an alert's condition holds over the last minute alone.
    func heldLately(_ alert: AlertSighting) -> Bool

    /// The 99th percentile that each kind of request had between two times, by its `RequestKind`.
    func usualDurations(from: Int64, to: Int64) -> [String: Int64]

    /// How the requests that ended between two times fared; slow ones took longer than usual.
    func outcomes(from: Int64, to: Int64, usual: [String: Int64]) -> RequestOutcomes
}
