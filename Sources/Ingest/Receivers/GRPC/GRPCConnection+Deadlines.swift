internal import NIOCore

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
        settleAndFlush()
        guard !isClosed else { return }
        if follower.isLeft, calls.isEmpty {
            // The client said goodbye while a call was open, which has been answered since.
            close()
        } else if departure != nil {
            continueLeaving()
        } else if watch.secondsIdle(isBusy: !calls.isEmpty, lastStream: session.lastStream, now: now)
            >= limits.idleSeconds
        {
            leave(patience: limits.graceSeconds)
        }
    }

    private func endOverdueCalls() {
        // A copy, because ending a call removes it from `calls`.
        for (stream, call) in calls.filter({ $0.value.deadline <= now }) {
            if call.isReceiving {
                let status = RPCStatus(.deadlineExceeded, "the request took too long to arrive")
                refuse(stream, status, .bodyTimeout)
            } else {
                refused(.replyTimeout)
                session.reset(stream, .cancel)
            }
        }
    }
}

extension GRPCConnection {
    /// State of a graceful close.
    struct Departure {
        let begun: UInt64
        /// Seconds after which open calls are abandoned.
        let patience: UInt64
        /// Whether the client has acknowledged the GOAWAY, so that all its earlier calls have arrived.
        var isKnown = false
    }

    /// Payload of the PING after a GOAWAY. Its acknowledgement shows that the client has read the GOAWAY.
    static let shutdownPing: UInt64 = 0x66_61_72_65_77_65_6C_6C

    /// Closes the connection to make room for a new one, unless it has become busy.
    func makeRoom() {
        guard let context, departure == nil else { return }
        guard calls.isEmpty, !follower.boundaries.isWaiting || session.lastStream == 0 else {
            return connections.keep(context.channel)
        }
        refused(.connections)
        guard session.lastStream != 0 else {
            // A first call may be on its way. GOAWAY tells the client that it wasn't processed. No grace time here, or
            // clients that only open connections would get it too.
            return finishLeaving()
        }
        leave(patience: limits.makeRoomSeconds)
    }

    /// Closes the connection gracefully (RFC 9113, section 6.8). The first GOAWAY asks for no more calls, but some may
    /// be on their way. The second one names the last call; it follows when all calls are answered and the client has
    /// acknowledged the first or had time to.
    func leave(patience: Int) {
        guard departure == nil else { return }
        departure = Departure(begun: now, patience: UInt64(clamping: patience))
        guard !hasGoodbyeCome else {
            departure?.isKnown = true
            return settleAndFlush()
        }
        session.announceEnd()
        // Written first: a PING would overtake it.
        settle()
        session.ping(Self.shutdownPing)
        settleAndFlush()
    }

    func continueLeaving() {
        guard let departure else { return }
        let hadTime = departure.isKnown || now - departure.begun >= 2
        guard calls.isEmpty && hadTime || now - departure.begun >= departure.patience else { return }
        finishLeaving()
    }

    private func finishLeaving() {
        session.end(after: session.lastStream)
        close()
    }
}
