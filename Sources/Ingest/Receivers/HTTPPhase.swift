/// How far a connection has come with its present request, and for how long it may stay there.
package struct HTTPPhase: Equatable {
    package enum Step: Equatable, Sendable {
        /// Until the first byte of a request; the first request of a connection must begin sooner.
        case idle
        case header
        case body
        /// While there is nothing to send of the reply.
        case reply
        /// Until the client has read what there is.
        case sending
        /// Until the client has read the last reply and closes its side.
        case closing
    }

    package private(set) var step = Step.header
    package private(set) var deadline: UInt64

    package init(limits: ReceiverLimits) {
        deadline = UInt64(clamping: limits.headerSeconds)
    }

    /// - Parameter now: seconds since the connection began
    package mutating func enter(_ step: Step, now: UInt64, limits: ReceiverLimits) {
        let seconds =
            switch step {
            case .idle: limits.idleSeconds
            case .header: limits.headerSeconds
            case .body: limits.bodySeconds
            case .reply: limits.replySeconds
            case .sending: limits.writeSeconds
            case .closing: limits.lingerSeconds
            }
        self.step = step
        // A second more, since the present one is under way.
        deadline = now + UInt64(clamping: seconds) + 1
    }

    /// Why the connection is to be closed now, if it is; nothing was refused to one that only was idle.
    package func overdue(now: UInt64) -> (isOverdue: Bool, reason: RefusalReason?) {
        guard now >= deadline else { return (false, nil) }
        switch step {
        case .idle, .closing: return (true, nil)
        case .header: return (true, .headerTimeout)
        case .body: return (true, .bodyTimeout)
        case .reply, .sending: return (true, .replyTimeout)
        }
    }
}
