import Rules
import Synchronization

/// A bounded queue between evaluation, which never blocks, and the worker of one sink. An alert stays in it until the sink
/// has taken it. With a journal, an alert is handed out only once it is on disk.
final class DeliveryQueue: Sendable {
    struct Entry: Hashable, Sendable {
        var alert: Alert
        /// Whether the sink has been told before; then it is neither kept on disk nor tried again.
        var isRepeat = false
    }

    fileprivate struct State {
        var waiting: [Entry] = []
        /// The first of them, which are or will be sent together.
        var batch: Batch?
        /// Of the last hand-over.
        var sequence = 0
        var isClosed = false
        var consumer: CheckedContinuation<Void, Never>?

        var kept: [Alert] { waiting.filter { !$0.isRepeat }.map(\.alert) }
    }

    fileprivate struct Batch {
        var count: Int
        /// Of the journal's change that says so; nil where no journal needs to.
        var change: Int?
    }

    private let limit: Int
    private let batchLimit: Int
    private let journal: JournalWriter?
    /// The last hand-over that the journal had when it was read.
    let sequenceAtStart: Int
    private let state: Mutex<State>

    /// Reads the journal, which blocks on the disk.
    /// - Parameters:
    ///   - limit: alerts that may wait.
    ///   - batchLimit: alerts that are handed out together, at most.
    ///   - journal: its alerts wait from the beginning.
    ///   - patience: how long alerts wait for the disk before they are handed out without it.
    ///   - onJournalFailure: told why something could not be written; it waits in memory all the same.
    init(
        limit: Int, batchLimit: Int = 64, journal: DeliveryJournal? = nil, patience: Duration = DiskPatience.limit,
        onJournalFailure: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.limit = limit
        self.batchLimit = max(1, batchLimit)
        var journal = journal
        if journal?.load() == true { onJournalFailure("lines of the queue on disk could not be read and are left out") }
        let found = journal?.content ?? DeliveryJournal.Content()
        sequenceAtStart = found.sequence
        self.journal = journal.map { JournalWriter($0, patience: patience, onFailure: onJournalFailure) }
        state = Mutex(
            State(
                waiting: found.alerts.map { Entry(alert: $0) },
                batch: found.batch.flatMap { $0 > 0 ? Batch(count: $0) : nil }, sequence: found.sequence))
        state.withLock { write([], &$0) }
    }

    var count: Int { state.withLock { $0.waiting.count } }

    /// The first sequence number whose alerts aren't on disk yet; nil if there is none.
    var firstUnkept: Int? { journal?.firstUnkept }

    /// Adds alerts without blocking; returns those that had no room.
    /// - Parameters:
    ///   - sequence: the number of the hand-over, greater than all before it; zero for none.
    ///   - isAgain: whether they may have been added before a restart; those that were are left out.
    func append(_ alerts: [Alert], sequence: Int = 0, isAgain: Bool = false) -> [Alert] {
        if isAgain, sequence > 0, sequence <= sequenceAtStart { return [] }
        let dropped = state.withLock { state in
            let known = isAgain ? Set(state.kept) : []
            let alerts = alerts.filter { !known.contains($0) }
            let room = state.isClosed ? 0 : max(0, limit - state.waiting.count)
            let taken = Array(alerts.prefix(room))
            state.waiting += taken.map { Entry(alert: $0) }
            state.sequence = max(state.sequence, sequence)
            if !taken.isEmpty || sequence > 0 { write([.put(taken, sequence: sequence)], &state) }
            return Array(alerts.dropFirst(room))
        }
        wake()
        return dropped
    }

    /// Adds alerts to send again, unless something waits: then they come with the next repetition.
    func appendRepeats(_ alerts: [Alert]) {
        state.withLock { state in
            guard state.waiting.isEmpty, !state.isClosed else { return }
            state.waiting = alerts.prefix(limit).map { Entry(alert: $0, isRepeat: true) }
            write([], &state)
        }
        wake()
    }

    /// Accepts no more alerts. The worker gets the rest, then nil.
    func close() {
        state.withLock { $0.isClosed = true }
        wake()
    }

    /// Removes what is left from memory, when nobody delivers it any more; a journal keeps it.
    func abandon() -> (alerts: [Alert], areKept: Bool) {
        let left = state.withLock { state in
            defer {
                state.waiting = []
                state.batch = nil
                state.isClosed = true
            }
            return state.kept
        }
        wake()
        return (left, journal != nil)
    }

    /// The next alerts that go together: of one name, none twice. They stay until they are finished. Waits for some;
    /// nil when the queue is closed and empty. There is one consumer.
    func nextBatch() async -> [Entry]? {
        while true {
            let (batch, isOver) = state.withLock { state in
                (isReady(state.batch) ? state.waiting.prefix(state.batch?.count ?? 0) : [], state.isOver)
            }
            if !batch.isEmpty { return Array(batch) }
            if isOver { return nil }
            await withCheckedContinuation { continuation in
                let isDue = state.withLock { state in
                    guard !isReady(state.batch), !state.isOver else { return true }
                    state.consumer = continuation
                    return false
                }
                if isDue { continuation.resume() }
            }
        }
    }

    /// Takes off the batch that was handed out last.
    func finish(_ batch: [Entry]) {
        state.withLock { state in
            guard !state.waiting.isEmpty else { return }
            state.waiting.removeFirst(min(batch.count, state.waiting.count))
            state.batch = nil
            write(batch.contains { !$0.isRepeat } ? [.done(batch.count)] : [], &state)
        }
    }

    // MARK: On disk

    /// Frees the name of its journal for another queue. Blocks on the disk.
    func moveJournal(to path: String) { journal?.move(to: path) }

    func removeJournal() { journal?.remove() }

    /// Calls `done` when the journal is written.
    func flush(_ done: @escaping @Sendable () -> Void) {
        guard let journal else { return done() }
        journal.flush(done)
    }

    /// Queues changes for the journal together with the next batch, so that both take one sync.
    private func write(_ changes: [DeliveryJournal.Change], _ state: inout State) {
        var changes = changes
        if state.batch == nil {
            let next = state.next(limit: batchLimit)
            if let first = next.first {
                state.batch = Batch(count: next.count)
                if !first.isRepeat { changes.append(.begin(next.count)) }
            }
        }
        guard let journal, let last = changes.last else { return }
        let number = journal.write(changes) {
            state.content
        } whenSettled: { [weak self] in
            self?.wake()
        }
        if case .begin = last { state.batch?.change = number }
    }

    private func isReady(_ batch: Batch?) -> Bool {
        guard let batch else { return false }
        guard let journal, let change = batch.change else { return true }
        return journal.isSettled(change)
    }

    /// Wakes the worker if there is something for it.
    private func wake() {
        let consumer = state.withLock { state in
            isReady(state.batch) || state.isOver ? state.consumer.take() : nil
        }
        consumer?.resume()
    }
}

extension DeliveryQueue.State {
    /// What a journal has of it.
    fileprivate var content: DeliveryJournal.Content {
        let kept = kept
        return DeliveryJournal.Content(alerts: kept, batch: kept.isEmpty ? nil : batch?.count, sequence: sequence)
    }

    fileprivate var isOver: Bool { isClosed && waiting.isEmpty }

    fileprivate func next(limit: Int) -> ArraySlice<DeliveryQueue.Entry> {
        var fingerprints: Set<String> = []
        return waiting.prefix(limit).prefix { entry in
            entry.isRepeat == waiting.first?.isRepeat && entry.alert.name == waiting.first?.alert.name
                && fingerprints.insert(entry.alert.fingerprint).inserted
        }
    }
}
