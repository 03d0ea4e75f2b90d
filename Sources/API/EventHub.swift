import NIOCore
import Receivers
import Synchronization

/// Sends events to all listeners. A listener that reads too slowly is dropped, so that the backlog for each client is
/// bounded.
final class EventHub: Sendable {
    /// Receives events until it is deallocated.
    final class Listener: Sendable {
        let events: AsyncStream<ByteBuffer>
        private let number: Int
        private let hub: EventHub

        fileprivate init(_ number: Int, _ events: AsyncStream<ByteBuffer>, _ hub: EventHub) {
            (self.number, self.events, self.hub) = (number, events, hub)
        }

        deinit {
            hub.remove(number)
        }
    }

    private struct Record {
        let events: AsyncStream<ByteBuffer>.Continuation
        let peer: SocketAddress?
        /// What it hears of; nil for all clusters.
        let cluster: String?
    }

    private struct State {
        var listeners: [Int: Record] = [:]
        var nextNumber = 0
        var isStopped = false
    }

    /// Each holds a connection.
    static let listenersMax = 32
    /// A minute of statuses, and a burst of alerts.
    private static let waitingMax = 64

    private let state = Mutex(State())

    /// - Parameter cluster: only events of this one; nil for all.
    /// - Returns: nil if there are as many as allowed, or the server is stopping.
    func listen(_ peer: SocketAddress?, to cluster: String? = nil) -> Listener? {
        let (events, continuation) = AsyncStream.makeStream(
            of: ByteBuffer.self, bufferingPolicy: .bufferingOldest(Self.waitingMax))
        let number = state.withLock { state -> Int? in
            guard !state.isStopped, state.listeners.count < Self.listenersMax else { return nil }
            state.nextNumber += 1
            state.listeners[state.nextNumber] = Record(events: continuation, peer: peer, cluster: cluster)
            return state.nextNumber
        }
        return number.map { Listener($0, events, self) }
    }

    var isHeard: Bool { state.withLock { !$0.listeners.isEmpty } }

    /// What its listeners hear of; nil for those who hear of all clusters.
    var audiences: Set<String?> { state.withLock { Set($0.listeners.values.map(\.cluster)) } }

    /// - Parameter isMeant: whether an event is for those who hear of a cluster, nil for all.
    /// - Returns: the addresses of listeners that were dropped because they read too slowly.
    func send(_ event: ByteBuffer, to isMeant: (_ cluster: String?) -> Bool = { _ in true }) -> [SocketAddress?] {
        state.withLock { state in
            var dropped: [SocketAddress?] = []
            for (number, listener) in state.listeners where isMeant(listener.cluster) {
                guard case .dropped = listener.events.yield(event) else { continue }
                listener.events.finish()
                state.listeners[number] = nil
                dropped.append(listener.peer)
            }
            return dropped
        }
    }

    /// Ends all streams, once their listeners have read what waits for them.
    func stop() {
        let listeners = state.withLock { state in
            state.isStopped = true
            defer { state.listeners = [:] }
            return state.listeners
        }
        for listener in listeners.values { listener.events.finish() }
    }

    private func remove(_ number: Int) {
        // Freed outside the lock.
        _ = state.withLock { $0.listeners.removeValue(forKey: number) }
    }
}
