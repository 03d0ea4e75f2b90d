internal import NIOCore
internal import NIOHTTP2

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
