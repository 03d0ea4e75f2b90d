internal import NIOCore
internal import NIOHTTP2

extension GRPCConnection: Ticking {
    func tick() {
        guard let context else { return }
        now += 1
        follower.budget.refill()
        guard watch.secondsStalled(follower.boundaries, now: now) < limits.headerSeconds else {
            return close(.headerTimeout)
        }
        guard watch.secondsUnwritable(isWritable: context.channel.isWritable, now: now) < limits.replySeconds
        else { return close(.replyTimeout) }
        endOverdueCalls()
        if departure != nil {
            continueLeaving()
        } else if watch.secondsIdle(isBusy: !calls.isEmpty, lastStream: Int(lastStream), now: now)
            >= limits.idleSeconds
        {
            leave(patience: limits.graceSeconds)
        }
        context.flush()
    }

    private func endOverdueCalls() {
        // The list is made first, since ending a call removes it.
        for (stream, call) in calls.filter({ $0.value.deadline <= now }) {
            if call.isReceiving {
                let status = RPCStatus(.deadlineExceeded, "the request took too long to arrive")
                refuse(stream, status, .bodyTimeout)
            } else {
                refused(.replyTimeout)
                write(stream, .rstStream(.cancel))
            }
        }
    }
}

extension GRPCConnection {
    /// What a PING carries whose answer tells that a GOAWAY has been read.
    static let farewell = HTTP2PingData(withInteger: 0x66_61_72_65_77_65_6C_6C)

    /// Goes for a newcomer, if it still has nothing to do.
    func makeRoom() {
        guard let context, departure == nil else { return }
        guard calls.isEmpty, !follower.boundaries.isWaiting || lastStream == .rootStream else {
            return connections.keep(context.channel)
        }
        refused(.connections)
        guard lastStream != .rootStream else {
            // A first call may be on its way. It was not taken, which the client reads from the number of the last one: but
            // whoever opens connections and says nothing is given no time.
            finishLeaving()
            return context.close(promise: nil)
        }
        leave(patience: limits.makeRoomSeconds)
    }

    /// Says goodbye in two steps, for calls may be on their way to us (RFC 9113, section 6.8): first that no more should be
    /// begun; which was the last, when the client has read that, or has had the time to, and all are answered.
    func leave(patience: Int) {
        guard departure == nil else { return }
        departure = Departure(begun: now, patience: UInt64(clamping: patience))
        context?.flush()
        follower.sendGoAway(lastStream: UInt32(Int32.max))
        write(.rootStream, .ping(Self.farewell, ack: false))
        context?.flush()
    }

    func continueLeaving() {
        guard let departure else { return }
        let hadTime = departure.isKnown || now - departure.begun >= 2
        guard calls.isEmpty && hadTime || now - departure.begun >= departure.patience else { return }
        finishLeaving()
        context?.close(promise: nil)
    }

    private func finishLeaving() {
        context?.flush()
        follower.sendGoAway(lastStream: UInt32(truncatingIfNeeded: Int(lastStream)))
    }
}

/// What an HTTP/2 connection is watched for from second to second.
package struct ConnectionWatch {
    private var begun: UInt64 = 0
    private var waitingSince: UInt64?
    private var unwritableSince: UInt64?
    private var lastBusy: UInt64 = 0
    private var lastStream = 0

    package init() {}

    /// Seconds for which the client has kept us waiting within a header block or a control frame.
    package mutating func secondsStalled(_ boundaries: HTTP2Boundaries, now: UInt64) -> UInt64 {
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

    /// Seconds for which the client has read nothing of what waits for it.
    mutating func secondsUnwritable(isWritable: Bool, now: UInt64) -> UInt64 {
        guard !isWritable else {
            unwritableSince = nil
            return 0
        }
        return elapsed(since: &unwritableSince, now: now)
    }

    /// Seconds since the last call. Most calls begin and end between two looks, so it's the number of the last stream
    /// that tells of them.
    package mutating func secondsIdle(isBusy: Bool, lastStream: Int, now: UInt64) -> UInt64 {
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
