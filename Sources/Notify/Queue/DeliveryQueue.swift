import Rules
import Synchronization

/// A bounded queue between evaluation, which never blocks, and one sink's worker. An alert stays in it until the sink
/// has accepted it. With a journal, an alert is handed out only once it is on disk.
final class DeliveryQueue: Sendable {
    struct Entry: Hashable, Sendable {
        var alert: Alert
        /// Whether the sink has had it before. Repeats are neither kept on disk nor retried.
        var isRepeat = false
    }

    fileprivate struct State {
        var waiting: [Entry] = []
        /// The alerts at the front that are, or are about to be, sent together.
        var batch: Batch?
        /// The number of the last hand-over.
        var sequence = 0
        var isClosed = false
        var consumer: CheckedContinuation<Void, Never>?

        var kept: [Alert] { waiting.filter { !$0.isRepeat }.map(\.alert) }
    }

    fileprivate struct Batch {
        var count: Int
        /// The number of the journal change that records it; nil if no journal needs to.
        var change: Int?
    }

    private let limit: Int
    private let batchLimit: Int
    private let journal: JournalWriter?
    /// The last hand-over in the journal when it was read.
    let sequenceAtStart: Int
    private let state: Mutex<State>

    /// Reads the journal, which blocks on the disk.
    /// - Parameters:
    ///   - limit: how many alerts may wait.
    ///   - batchLimit: how many alerts are handed out together, at most.
    ///   - journal: its alerts wait from the start.
    ///   - patience: how long alerts wait for the disk before they are handed out anyway.
    ///   - onJournalFailure: called with the reason if something couldn't be written; it still waits in memory.
    init(
        limit: Int, batchLimit: Int = 64, journal: DeliveryJournal? = nil, patience: Duration = DiskPatience.limit,
        onJournalFailure: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.limit = limit
        self.batchLimit = max(1, batchLimit)
        var journal = journal
        if journal?.load() == true { onJournalFailure(DeliveryJournal.damage) }
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

    /// Adds alerts without blocking; returns those that didn't fit.
    /// - Parameters:
    ///   - sequence: the number of the hand-over, greater than all before it; zero for none.
    ///   - isAgain: whether they may have been added before a restart; those that were are skipped.
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

    /// Adds repeats, unless something waits: then the next repetition has them.
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

    /// Removes what is left from memory once nothing delivers it any more. A journal keeps it.
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

    /// The next alerts to send together: of one name, without duplicates. They stay in the queue until `finish`. Waits
    /// for some; nil when the queue is closed and empty. For a single consumer.
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

    /// Removes the batch that was handed out last.
    func finish(_ batch: [Entry]) {
        state.withLock { state in
            guard !state.waiting.isEmpty else { return }
            state.waiting.removeFirst(min(batch.count, state.waiting.count))
            state.batch = nil
            write(batch.contains { !$0.isRepeat } ? [.done(batch.count)] : [], &state)
        }
    }

    // MARK: On disk

    /// Renames its journal, which frees the name for another queue. Blocks on the disk.
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
        } onCompletion: { [weak self] in
            self?.wake()
        }
        if case .begin = last { state.batch?.change = number }
    }

    private func isReady(_ batch: Batch?) -> Bool {
        guard let batch else { return false }
        guard let journal, let change = batch.change else { return true }
        return journal.isCompleted(change)
    }

    /// Wakes the worker if it has something to do.
    private func wake() {
        let consumer = state.withLock { state in
            isReady(state.batch) || state.isOver ? state.consumer.take() : nil
        }
        consumer?.resume()
    }
}

extension DeliveryQueue.State {
    /// The part that a journal keeps.
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
