/// Limits of a window. Beyond a limit the oldest slot is evicted first, and what is evicted is counted.
package struct WindowLimits: Equatable, Sendable {
    /// How long spans are kept as columns, nanoseconds, by the span's end; nil keeps all that `bytesMax` allows.
    package var duration: Int64?
    /// The daemon's `duration`, in the replay of its recording. Rules then see what they saw in the daemon; spans that
    /// leave by age stay for the report, as far as `bytesMax` allows.
    package var recordedDuration: Int64?
    /// Bytes of all slots. The default of 1 GiB holds 15 million spans at 64 to 69 bytes each.
    package var bytesMax: Int
    /// Distinct operations: more than any cluster has (a few hundred), few enough to scrape.
    package var operationsMax: Int
    /// Distinct request labels: verbs × resources, including custom ones.
    package var requestsMax: Int
    /// Distinct sources: more than a large cluster has nodes.
    package var sourcesMax: Int
    /// Which services have which role.
    package var services = ServiceNames.usual
    /// What services are configured to sample.
    package var sampling = ConfiguredSampling()
    /// How long after its arrival a span may end, nanoseconds, to allow for clock skew.
    package var futureMax: Int64
    /// Limits of the history of spans that left the window.
    package var history: HistoryLimits
    /// Whether this is a daemon's window, which runs without end: unused names are forgotten. A replay keeps all names, since
    /// its results cover everything.
    package var isEndless = false

    /// The fewest rows for which a slot gets a summary: with fewer, its cells would be nearly as many.
    package var summaryRowsMin = 256

    /// Bytes of one slot, so that a burst takes at most half of the window; further spans go to the history.
    var slotBytesMax: Int { max(bytesMax / 2, 1 << 20) }

    package init(
        duration: Int64? = 3_600_000_000_000, bytesMax: Int = 1 << 30, operationsMax: Int = 10_000,
        requestsMax: Int = 10_000, sourcesMax: Int = 8_000, futureMax: Int64 = 600_000_000_000,
        history: HistoryLimits = HistoryLimits()
    ) {
        self.duration = duration
        self.bytesMax = bytesMax
        self.operationsMax = operationsMax
        self.requestsMax = requestsMax
        self.sourcesMax = sourcesMax
        self.futureMax = futureMax
        self.history = history
    }

    /// How far back statistics reach, nanoseconds.
    package var reach: Int64 { max(duration ?? .max, history.duration) }
}

/// Limits of a history.
package struct HistoryLimits: Equatable, Sendable {
    /// How long hours are kept, nanoseconds, counted from the latest arrival. Four days: burn rates look back three.
    package var duration: Int64
    /// Bytes of all minutes and hours. Over it, the minutes of the oldest hours are dropped first, which keeps these
    /// hours whole; once hours alone take half, the oldest hour is.
    package var bytesMax: Int
    /// Whether dropped hours still count, in one last block: a replay's report covers everything.
    package var keepsSum = true

    package init(duration: Int64 = 345_600_000_000_000, bytesMax: Int = 64 << 20) {
        self.duration = duration
        self.bytesMax = bytesMax
    }
}
