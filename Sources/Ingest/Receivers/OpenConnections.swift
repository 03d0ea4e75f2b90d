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
        let number: UInt64
        var use = Use.unused
    }

    private struct State {
        var connections: [ObjectIdentifier: Connection] = [:]
        var begun: UInt64 = 0
        var leaving = false
    }

    private let state = Mutex(State())
    package let limit: Int
    private let replacesIdle: Bool

    /// - Parameter replacesIdle: whether connections that have been of use make room too: those of exporters don't.
    package init(limit: Int, replacesIdle: Bool = false) {
        self.limit = limit
        self.replacesIdle = replacesIdle
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
            state.connections[key] = Connection(channel: channel, number: state.begun)
            state.begun += 1
            return .admitted(instead: instead)
        }
        if case .admitted(let instead) = admission {
            instead?.close(promise: nil)
            channel.closeFuture.whenComplete { [self] _ in
                state.withLock { _ = $0.connections.removeValue(forKey: key) }
            }
        }
        return admission
    }

    /// The oldest of those that were never of use, else of those that aren't at present.
    private func replaceable(
        _ connections: [ObjectIdentifier: Connection]
    ) -> (key: ObjectIdentifier, value: Connection)? {
        func oldest(_ use: Use) -> (key: ObjectIdentifier, value: Connection)? {
            connections.filter { $0.value.use == use }.min { $0.value.number < $1.value.number }
        }
        return oldest(.unused) ?? (replacesIdle ? oldest(.idle) : nil)
    }

    func note(_ channel: any Channel, _ use: Use) {
        state.withLock { $0.connections[ObjectIdentifier(channel)]?.use = use }
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
