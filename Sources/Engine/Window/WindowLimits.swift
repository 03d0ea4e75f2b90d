/// What bounds a window. Over a limit the oldest slot goes first, and what went is counted.
package struct WindowLimits: Equatable, Sendable {
    /// How far back spans are kept as columns, nanoseconds, by the end of a span; nil keeps all that `bytesMax` allows.
    package var duration: Int64?
    /// The `duration` of the daemon, in a replay of what it recorded: rules then see what they saw there, and spans that go
    /// by their age stay for the report, as long as `bytesMax` allows.
    package var recordedDuration: Int64?
    /// Bytes of all slots. The default of 1 GiB holds 16 million spans at 62 to 67 bytes each.
    package var bytesMax: Int
    /// Operations told apart: more than any cluster has (a few hundred), little enough to scrape.
    package var operationsMax: Int
    /// Request labels told apart: verbs × resources, custom ones included.
    package var requestsMax: Int
    /// How long after its arrival a span may end, nanoseconds, where clocks differ.
    package var futureMax: Int64
    /// What bounds the history of spans that left the window.
    package var history: HistoryLimits
    /// Whether the window is a daemon's, which has no end: names of which nothing is held are forgotten, and what readers
    /// still hold of spans that left the window counts as the window's memory. What a replay finds is about all that came.
    package var isEndless = false

    /// Bytes of one slot, so that a burst can't take more than half of the window; beyond it spans go to the history.
    var slotBytesMax: Int { max(bytesMax / 2, 1 << 20) }

    package init(
        duration: Int64? = 3_600_000_000_000, bytesMax: Int = 1 << 30, operationsMax: Int = 10_000,
        requestsMax: Int = 10_000, futureMax: Int64 = 600_000_000_000, history: HistoryLimits = HistoryLimits()
    ) {
        self.duration = duration
        self.bytesMax = bytesMax
        self.operationsMax = operationsMax
        self.requestsMax = requestsMax
        self.futureMax = futureMax
        self.history = history
    }

    /// How far back statistics reach, nanoseconds.
    package var reach: Int64 { max(duration ?? .max, history.duration) }
}

/// What bounds a history.
package struct HistoryLimits: Equatable, Sendable {
    /// How far back hours are kept, nanoseconds, from the latest arrival. Four days: burn rates look back three.
    package var duration: Int64
    /// Bytes of all minutes and hours. Over it the minutes of the oldest hours go first, which leaves those hours whole;
    /// where hours alone take half of it, the oldest hour.
    package var bytesMax: Int
    /// Whether what goes counts still, in one last block: a replay's report is about all that came.
    package var keepsSum = true

    package init(duration: Int64 = 345_600_000_000_000, bytesMax: Int = 64 << 20) {
        self.duration = duration
        self.bytesMax = bytesMax
    }
}
