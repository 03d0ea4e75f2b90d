import Rules
import Synchronization

/// A bounded queue between evaluation, which never waits for a receiver, and the task of one sink, which does. What it
/// holds it keeps until the sink has been told, on disk if it has a journal.
final class DeliveryQueue: Sendable {
    struct Entry: Hashable, Sendable {
        var alert: Alert
        /// Whether the sink has been told before; then it is neither kept on disk nor tried again.
        var isRepeat = false
    }

    fileprivate struct State {
        var waiting: [Entry] = []
        /// How many of the first were sent together, and are until they are done.
        var batch: Int?
        var isClosed = false
        var consumer: CheckedContinuation<Void, Never>?
        var journal: DeliveryJournal?

        var kept: [Alert] { waiting.filter { !$0.isRepeat }.map(\.alert) }
    }

    private let limit: Int
    private let onJournalFailure: @Sendable (String) -> Void
    private let state: Mutex<State>

    /// - Parameters:
    ///   - journal: its alerts wait from the beginning.
    ///   - onJournalFailure: told why something could not be written; it waits in memory all the same.
    init(
        limit: Int, journal: DeliveryJournal? = nil, onJournalFailure: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.limit = limit
        self.onJournalFailure = onJournalFailure
        var state = State(journal: journal)
        if let found = state.journal?.load() {
            state.waiting = found.alerts.map { Entry(alert: $0) }
            state.batch = found.batch
            if found.isCorrupt { onJournalFailure("lines of the queue on disk could not be read and are left out") }
        }
        self.state = Mutex(state)
    }

    var count: Int { state.withLock { $0.waiting.count } }

    /// Puts alerts in; returns those that had no room.
    /// - Parameter isAgain: whether some of them may wait already; those are left out.
    func append(_ alerts: [Alert], isAgain: Bool = false) -> [Alert] {
        let (consumer, dropped) = state.withLock { state -> (CheckedContinuation<Void, Never>?, [Alert]) in
            let known = isAgain ? Set(state.kept) : []
            let alerts = alerts.filter { !known.contains($0) }
            let room = state.isClosed ? 0 : max(0, limit - state.waiting.count)
            let taken = Array(alerts.prefix(room))
            guard !taken.isEmpty else { return (nil, alerts) }
            state.waiting += taken.map { Entry(alert: $0) }
            write(&state) { try $0.append(taken, waiting: $1) }
            return (state.takeConsumer(), Array(alerts.dropFirst(room)))
        }
        consumer?.resume()
        return dropped
    }

    /// Puts in what is told again, unless something waits: then it comes with the next time.
    func appendRepeats(_ alerts: [Alert]) {
        let consumer = state.withLock { state in
            guard state.waiting.isEmpty, !state.isClosed else { return nil as CheckedContinuation<Void, Never>? }
            state.waiting = alerts.prefix(limit).map { Entry(alert: $0, isRepeat: true) }
            return state.takeConsumer()
        }
        consumer?.resume()
    }

    /// Takes no more in; who waits for more gets the rest, then nothing.
    func close() {
        let consumer = state.withLock { state in
            state.isClosed = true
            return state.takeConsumer()
        }
        consumer?.resume()
    }

    /// Lets another queue have the name of its journal.
    func moveJournal(to path: String) {
        state.withLock { $0.journal?.move(to: path) }
    }

    /// What is left when nobody delivers it any more; a journal keeps it.
    /// - Parameter forGood: the journal goes too.
    func abandon(forGood: Bool = false) -> (alerts: [Alert], areKept: Bool) {
        state.withLock { state in
            defer { state.waiting = [] }
            if forGood {
                state.journal?.remove()
                state.journal = nil
            }
            return (state.kept, state.journal != nil)
        }
    }

    /// The next alerts that can go together: of one name, none twice. They stay until they are finished. Waits for some;
    /// nil when the queue is closed and empty. There is one consumer.
    func nextBatch(limit: Int) async -> [Entry]? {
        while true {
            let (batch, isClosed) = state.withLock { state in
                let batch = state.batch(limit: limit)
                if state.batch == nil, batch.contains(where: { !$0.isRepeat }) {
                    state.batch = batch.count
                    write(&state) { try $0.begin(batch.count, waiting: $1) }
                }
                return (batch, state.isClosed)
            }
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

    /// Takes off the batch that was handed out last.
    func finish(_ batch: [Entry]) {
        state.withLock { state in
            guard !state.waiting.isEmpty else { return }
            state.waiting.removeFirst(min(batch.count, state.waiting.count))
            state.batch = nil
            guard batch.contains(where: { !$0.isRepeat }) else { return }
            write(&state) { try $0.finish(batch.count, waiting: $1) }
        }
    }

    private func write(_ state: inout State, _ change: (inout DeliveryJournal, [Alert]) throws -> Void) {
        guard var journal = state.journal.take() else { return }
        defer { state.journal = journal }
        do {
            try change(&journal, state.kept)
        } catch {
            onJournalFailure("the queue can't be written to disk: \(error)")
        }
    }
}

extension DeliveryQueue.State {
    fileprivate init(journal: DeliveryJournal?) {
        self.journal = journal
    }

    fileprivate mutating func takeConsumer() -> CheckedContinuation<Void, Never>? {
        defer { consumer = nil }
        return consumer
    }

    fileprivate func batch(limit: Int) -> [DeliveryQueue.Entry] {
        if let batch, batch > 0 { return Array(waiting.prefix(batch)) }
        var fingerprints: Set<String> = []
        let next = waiting.prefix(max(1, limit)).prefix { entry in
            entry.isRepeat == waiting.first?.isRepeat && entry.alert.name == waiting.first?.alert.name
                && fingerprints.insert(entry.alert.fingerprint).inserted
        }
        return Array(next)
    }
}
