internal import NIOCore
internal import Synchronization

/// The open connections of one receiver: bounds their number, and tells them when it is time to leave.
final class OpenConnections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var leaving = false
    }

    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    var count: Int {
        state.withLock { $0.channels.count }
    }

    /// Counts a connection in until it closes; false if there are too many, or the receiver is stopping.
    func admit(_ channel: any Channel) -> Bool {
        let key = ObjectIdentifier(channel)
        let admitted = state.withLock { state in
            guard !state.leaving, state.channels.count < limit else { return false }
            state.channels[key] = channel
            return true
        }
        if admitted {
            channel.closeFuture.whenComplete { [self] _ in
                state.withLock { _ = $0.channels.removeValue(forKey: key) }
            }
        }
        return admitted
    }

    /// Asks every connection to finish, waits until all have closed, and closes what is left after the grace time.
    func drain(graceSeconds: Int, on loop: any EventLoop) async {
        let channels = state.withLock { state in
            state.leaving = true
            return Array(state.channels.values)
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
