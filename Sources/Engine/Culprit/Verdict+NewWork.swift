/// What the verdict says about the API server's own work on kinds of request that nothing before can be compared with.
extension Evidence {
    /// etcd takes longer too, but most of the time of requests went into work of the API server that it hardly did before.
    func newlyBusy(_ work: NewWork) -> Verdict {
        let mostly = work.component == .apiServer ? "" : " (mostly \(VerdictText.name(work.component, names)))"
        let kind = VerdictText.kind(requests[work.series])
        return Verdict(
            side: .apiServer, component: work.component, certainty: .likely,
            why: "apiserver: its own work on \(kind), which hardly occurred before, took "
                + "\(VerdictText.duration(Int64(work.time))) each time\(mostly), \(work.count) times: most of the time of all "
                + "requests; \(beside(ownWork))")
    }
}

/// The API server's own work on a kind of request that hardly occurred before.
struct NewWork: Equatable, Sendable {
    /// Of requests.
    var series: Int
    /// That took most of it.
    var component: Component
    /// Requests.
    var count: Int
    /// Of the mean one, nanoseconds.
    var time: Double
}
