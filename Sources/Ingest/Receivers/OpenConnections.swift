internal import NIOCore
internal import Synchronization

/// The open connections of one listener: bounds their number, and tells them when it is time to leave.
///
/// Where there are too many, one that waits for nothing makes room for the newcomer, so that whoever opens connections
/// and is silent shuts nobody out.
package final class OpenConnections: Sendable {
    /// What a connection is good for.
    package enum Use: Sendable {
        /// It has asked for nothing yet.
        case unused
        case busy
        /// It waits for its next request.
        case idle
    }

    enum Admission {
        /// Where another had to go for it, that one, which is being closed.
        case admitted(instead: (any Channel)?)
        case refused
    }

    private struct Connection {
        let channel: any Channel
        /// Rises from one change of use to the next, over all connections.
        var since: UInt64
        var use = Use.unused

        mutating func note(_ use: Use, since: UInt64) {
            (self.use, self.since) = (use, since)
        }
    }

    private struct State {
        var connections: [ObjectIdentifier: Connection] = [:]
        var changes: UInt64 = 0
        var leaving = false
    }

    private let state = Mutex(State())
    package let limit: Int

    package init(limit: Int) {
        self.limit = limit
    }

    package var count: Int {
        state.withLock { $0.connections.count }
    }

    /// Counts a connection in until it closes, or until another takes its place; refuses it if there are too many, or
    /// the listener is stopping.
    func admit(_ channel: any Channel) -> Admission {
        let key = ObjectIdentifier(channel)
        let admission = state.withLock { state in
            var instead: (any Channel)?
            guard !state.leaving else { return Admission.refused }
            if state.connections.count >= limit {
                guard let (other, connection) = replaceable(state.connections) else { return .refused }
                state.connections[other] = nil
                instead = connection.channel
            }
            state.changes += 1
            state.connections[key] = Connection(channel: channel, since: state.changes)
            return .admitted(instead: instead)
        }
        if case .admitted(let instead) = admission {
            instead?.pipeline.fireUserInboundEventTriggered(ConnectionReplaced())
            instead?.close(promise: nil)
            channel.closeFuture.whenComplete { [self] _ in
                state.withLock { _ = $0.connections.removeValue(forKey: key) }
            }
        }
        return admission
    }

    /// The oldest of those that were never of use, else the one that has waited longest for its next request.
    private func replaceable(
        _ connections: [ObjectIdentifier: Connection]
    ) -> (key: ObjectIdentifier, value: Connection)? {
        func oldest(_ use: Use) -> (key: ObjectIdentifier, value: Connection)? {
            connections.filter { $0.value.use == use }.min { $0.value.since < $1.value.since }
        }
        return oldest(.unused) ?? oldest(.idle)
    }

    func note(_ channel: any Channel, _ use: Use) {
        state.withLock { state in
            state.changes += 1
            let since = state.changes
            state.connections[ObjectIdentifier(channel)]?.note(use, since: since)
        }
    }

    /// Asks every connection to finish, waits until all have closed, and closes what is left after the grace time.
    func drain(graceSeconds: Int, on loop: any EventLoop) async {
        let channels = state.withLock { state in
            state.leaving = true
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

/// Told to a connection that has to go for a newcomer, before it is closed.
struct ConnectionReplaced: Sendable {}
