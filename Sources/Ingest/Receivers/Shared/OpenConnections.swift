internal import NIOCore
internal import Synchronization

/// The open connections of one listener. Limits their number and asks them to leave.
///
/// At the limit, an unused or idle connection makes room for a new one, so that clients that only open connections shut
/// nobody out. The choice, made under a lock, is a guess: only the connection knows, on its event loop, whether a
/// request has arrived meanwhile. If so, it stays and another one is asked.
package final class OpenConnections: Sendable {
    /// State of a connection.
    enum Use: Sendable {
        /// It hasn't sent a request yet.
        case unused
        case busy
        /// It is between requests.
        case idle
        /// It is making room and no longer counts.
        case leaving
    }

    private struct Connection {
        let channel: any Channel
        /// Number of the last change of state, counted over all connections.
        var since: UInt64
        var use = Use.unused
    }

    private struct State {
        var connections: [ObjectIdentifier: Connection] = [:]
        var changes: UInt64 = 0
        var leaving = 0
        var isDraining = false

        var count: Int { connections.count - leaving }

        mutating func note(_ channel: any Channel, _ use: Use) {
            let key = ObjectIdentifier(channel)
            guard let before = connections[key]?.use else { return }
            changes += 1
            connections[key]?.since = changes
            connections[key]?.use = use
            leaving += (use == .leaving ? 1 : 0) - (before == .leaving ? 1 : 0)
        }

        /// If many connections were never used, the oldest of those; otherwise the one that has been idle longest.
        ///
        /// A few unused ones are spared, because their first request may be on its way.
        mutating func takeReplaceable(fewUnused: Int) -> (any Channel)? {
            let unused = connections.values.filter { $0.use == .unused }
            let idle = connections.values.filter { $0.use == .idle }
            let candidates = unused.count > fewUnused || idle.isEmpty ? unused : idle
            guard let found = candidates.min(by: { $0.since < $1.since }) else { return nil }
            note(found.channel, .leaving)
            return found.channel
        }
    }

    private let state = Mutex(State())
    package let limit: Int

    package init(limit: Int) {
        self.limit = limit
    }

    package var count: Int {
        state.withLock { $0.count }
    }

    /// Counts a connection until it closes or makes room. Returns false if there are too many or the listener is
    /// stopping.
    func admit(_ channel: any Channel) -> Bool {
        let key = ObjectIdentifier(channel)
        let (isAdmitted, asked) = state.withLock { state in
            guard !state.isDraining else { return (false, (any Channel)?.none) }
            var asked: (any Channel)?
            if state.count >= limit {
                // There may be one above the limit, if the connection that was asked stays and no other can leave.
                guard state.count == limit, let other = state.takeReplaceable(fewUnused: max(limit / 4, 1)) else {
                    return (false, nil)
                }
                asked = other
            }
            state.changes += 1
            state.connections[key] = Connection(channel: channel, since: state.changes)
            return (true, asked)
        }
        guard isAdmitted else { return false }
        channel.closeFuture.whenComplete { [self] _ in
            state.withLock { state in
                if state.connections.removeValue(forKey: key)?.use == .leaving { state.leaving -= 1 }
            }
        }
        asked?.pipeline.fireUserInboundEventTriggered(ConnectionReplaced())
        return true
    }

    func note(_ channel: any Channel, _ use: Use) {
        state.withLock { state in
            // Don't ask the same connection twice.
            guard state.connections[ObjectIdentifier(channel)]?.use != .leaving else { return }
            state.note(channel, use)
        }
    }

    /// Keeps a connection that was asked to make room but has become busy, and asks another one.
    func keep(_ channel: any Channel) {
        let asked = state.withLock { state in
            state.note(channel, .busy)
            return state.count > limit ? state.takeReplaceable(fewUnused: max(limit / 4, 1)) : nil
        }
        asked?.pipeline.fireUserInboundEventTriggered(ConnectionReplaced())
    }

    /// Asks every connection to finish, waits until all have closed, and closes the rest after the grace time.
    func drain(graceSeconds: Int, on loop: any EventLoop) async {
        let channels = state.withLock { state in
            state.isDraining = true
            return state.connections.values.map(\.channel)
        }
        for channel in channels {
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
        let force = loop.scheduleTask(in: .seconds(Int64(graceSeconds))) {
            for channel in channels { channel.close(promise: nil) }
        }
        // Closing fails only if the channel is already closed, which is fine.
        try? await EventLoopFuture.andAllComplete(channels.map(\.closeFuture), on: loop).get()
        force.cancel()
    }
}

/// Asks a connection to make room for a new one. It leaves, or calls `keep` because it is busy.
struct ConnectionReplaced: Sendable {}
