internal import NIOCore
internal import Synchronization

/// The open connections of one listener: bounds their number, and tells them when it is time to leave.
///
/// Where there are too many, one that waits for nothing makes room for the newcomer, so that whoever opens connections
/// and is silent shuts nobody out. Which one is a guess, made under a lock: only the connection itself knows, on its own
/// event loop, whether a request has come meanwhile. Then it stays, and another is asked.
package final class OpenConnections: Sendable {
    /// What a connection is good for.
    enum Use: Sendable {
        /// It has asked for nothing yet.
        case unused
        case busy
        /// It waits for its next request.
        case idle
        /// It makes room, and counts no more.
        case leaving
    }

    private struct Connection {
        let channel: any Channel
        /// Rises from one change of use to the next, over all connections.
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

        /// Where many were never of use, the oldest of these; else the one that has waited longest for its next request.
        ///
        /// A few may be so new that their first request is on its way.
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

    /// Counts a connection in until it closes, or makes room for another; false if there are too many, or the listener
    /// is stopping.
    func admit(_ channel: any Channel) -> Bool {
        let key = ObjectIdentifier(channel)
        let (isAdmitted, asked) = state.withLock { state in
            guard !state.isDraining else { return (false, (any Channel)?.none) }
            var asked: (any Channel)?
            if state.count >= limit {
                // Beyond the limit there may be one, where the one that was asked stays and no other can be.
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
            // What has been asked to leave is asked no second time.
            guard state.connections[ObjectIdentifier(channel)]?.use != .leaving else { return }
            state.note(channel, use)
        }
    }

    /// A connection that was to make room has something to do: it stays, and another is asked.
    func keep(_ channel: any Channel) {
        let asked = state.withLock { state in
            state.note(channel, .busy)
            return state.count > limit ? state.takeReplaceable(fewUnused: max(limit / 4, 1)) : nil
        }
        asked?.pipeline.fireUserInboundEventTriggered(ConnectionReplaced())
    }

    /// Asks every connection to finish, waits until all have closed, and closes what is left after the grace time.
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
        // Closing fails only for a channel that is closed already: either way it is gone.
        try? await EventLoopFuture.andAllComplete(channels.map(\.closeFuture), on: loop).get()
        force.cancel()
    }
}

/// Asks a connection to make room for a newcomer. It leaves, or says that it has something to do (`keep`).
struct ConnectionReplaced: Sendable {}
