import Synchronization

/// A bounded queue between evaluation, which never waits, and the task of one sink, which does.
final class DeliveryQueue: Sendable {
    fileprivate struct State {
        var waiting: [Alert] = []
        var isClosed = false
        var consumer: CheckedContinuation<Void, Never>?
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) {
        self.limit = limit
    }

    /// Puts alerts in; returns how many had no room.
    func append(_ alerts: [Alert]) -> Int {
        let (consumer, dropped) = state.withLock { state -> (CheckedContinuation<Void, Never>?, Int) in
            let room = state.isClosed ? 0 : max(0, limit - state.waiting.count)
            state.waiting += alerts.prefix(room)
            return (state.takeConsumer(), max(0, alerts.count - room))
        }
        consumer?.resume()
        return dropped
    }

    /// Takes no more in; who waits for more gets the rest, then nothing.
    func close() {
        let consumer = state.withLock { state in
            state.isClosed = true
            return state.takeConsumer()
        }
        consumer?.resume()
    }

    /// What is left when nobody delivers it any more.
    func abandon() -> Int {
        state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting.count
        }
    }

    /// The next alerts that can go together: of one name, none twice. Waits for some; nil when the queue is
    /// closed and empty. There is one consumer.
    func nextBatch(limit: Int) async -> [Alert]? {
        while true {
            let (batch, isClosed) = state.withLock { ($0.takeBatch(limit: limit), $0.isClosed) }
            if !batch.isEmpty { return batch }
            if isClosed { return nil }
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    guard state.waiting.isEmpty, !state.isClosed else { return true }
                    state.consumer = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        }
    }
}

extension DeliveryQueue.State {
    fileprivate mutating func takeConsumer() -> CheckedContinuation<Void, Never>? {
        defer { consumer = nil }
        return consumer
    }

    fileprivate mutating func takeBatch(limit: Int) -> [Alert] {
        var fingerprints: Set<String> = []
        let batch = waiting.prefix(max(1, limit)).prefix { alert in
            alert.name == waiting.first?.name && fingerprints.insert(alert.fingerprint).inserted
        }
        waiting.removeFirst(batch.count)
        return Array(batch)
    }
}
