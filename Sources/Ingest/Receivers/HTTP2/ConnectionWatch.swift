/// Tracks, in seconds, how long an HTTP/2 connection has been stalled, unwritable or idle.
struct ConnectionWatch {
    private var begun: UInt64 = 0
    private var waitingSince: UInt64?
    private var unwritableSince: UInt64?
    private var lastBusy: UInt64 = 0
    private var lastStream: HTTP2StreamID = 0

    init() {}

    /// Seconds since the client stopped in the middle of a header block or a control frame.
    mutating func secondsStalled(_ boundaries: HTTP2Boundaries, now: UInt64) -> UInt64 {
        guard boundaries.isWaiting else {
            waitingSince = nil
            return 0
        }
        if begun != boundaries.begun {
            begun = boundaries.begun
            waitingSince = nil
        }
        return elapsed(since: &waitingSince, now: now)
    }

    /// Seconds since the client stopped reading.
    mutating func secondsUnwritable(isWritable: Bool, now: UInt64) -> UInt64 {
        guard !isWritable else {
            unwritableSince = nil
            return 0
        }
        return elapsed(since: &unwritableSince, now: now)
    }

    /// Seconds since the last call. Most calls start and end between two ticks, so the number of the last stream
    /// reveals them.
    mutating func secondsIdle(isBusy: Bool, lastStream: HTTP2StreamID, now: UInt64) -> UInt64 {
        if isBusy || lastStream != self.lastStream { lastBusy = now }
        self.lastStream = lastStream
        return now - lastBusy
    }

    private func elapsed(since start: inout UInt64?, now: UInt64) -> UInt64 {
        let begun = start ?? now
        start = begun
        return now - begun
    }
}
