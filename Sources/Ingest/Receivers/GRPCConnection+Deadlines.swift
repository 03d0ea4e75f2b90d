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
