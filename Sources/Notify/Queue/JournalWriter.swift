import Dispatch
import Synchronization

/// Writes a queue's journal on a separate thread. Changes that arrive during a write go to disk together in the next
/// one.
final class JournalWriter: Sendable {
    private struct Pending {
        var changes: [DeliveryJournal.Change] = []
        /// The numbers of the last calls that arrived, were picked up for writing, and are completed.
        var last = 0
        var taken = 0
        var completed = 0
        var waiting: [(number: Int, body: @Sendable () -> Void)] = []
        var isWriting = false
        /// The first sequence number that isn't on disk.
        var firstUnkept: Int?
    }

    /// How many changes may wait for a slow disk. Beyond that, the queue's contents replace them.
    private static let changesMax = 1_000

    /// Locked only on the writer's thread.
    private let journal: Mutex<DeliveryJournal>
    private let pending = Mutex(Pending())
    private let thread = DispatchQueue(label: "faultline.delivery-journal")
    private let patience: Duration
    private let onFailure: @Sendable (String) -> Void

    /// - Parameters:
    ///   - patience: how long until a change counts as completed although it isn't on disk.
    ///   - onFailure: called with the reason if changes couldn't be written.
    init(_ journal: DeliveryJournal, patience: Duration, onFailure: @escaping @Sendable (String) -> Void) {
        self.journal = Mutex(journal)
        self.patience = patience
        self.onFailure = onFailure
    }

    /// Queues changes to be written in order; returns at once.
    /// - Parameters:
    ///   - content: the queue after these changes; called only if too many changes wait.
    ///   - onCompletion: called once they are on disk, can't be written, or take too long.
    /// - Returns: the number to pass to `isCompleted`.
    func write(
        _ changes: [DeliveryJournal.Change], content: () -> DeliveryJournal.Content,
        onCompletion: @escaping @Sendable () -> Void
    ) -> Int {
        let number = pending.withLock { pending in
            pending.changes += changes
            if pending.changes.count > Self.changesMax {
                pending.changes = [.replace(content(), first: pending.changes.firstSequence)]
            }
            pending.last += 1
            pending.firstUnkept = pending.firstUnkept ?? changes.firstSequence
            pending.waiting.append((pending.last, onCompletion))
            if !pending.isWriting {
                pending.isWriting = true
                thread.async { [self] in write() }
            }
            return pending.last
        }
        DiskPatience.after(patience) { [weak self] in self?.complete(upTo: number) }
        return number
    }

    func isCompleted(_ number: Int) -> Bool { pending.withLock { $0.completed >= number } }

    /// The first sequence number whose alerts aren't on disk yet; nil if all are.
    var firstUnkept: Int? { pending.withLock { $0.firstUnkept } }

    /// Renames the file. Blocks until the disk is done.
    func move(to path: String) {
        thread.sync { journal.withLock { $0.move(to: path) } }
    }

    func remove() {
        thread.async { [self] in journal.withLock { $0.remove() } }
    }

    /// Calls `done` once everything queued so far is written.
    func flush(_ done: @escaping @Sendable () -> Void) {
        thread.async(execute: done)
    }

    private func write() {
        while let (changes, number) = take() {
            do {
                try journal.withLock { try $0.write(changes) }
                pending.withLock { $0.firstUnkept = $0.changes.firstSequence }
            } catch {
                onFailure("the queue can't be written to disk: \(error)")
            }
            complete(upTo: number)
        }
    }

    private func take() -> (changes: [DeliveryJournal.Change], number: Int)? {
        pending.withLock { pending in
            guard pending.taken < pending.last else {
                pending.isWriting = false
                return nil
            }
            defer { pending.changes = [] }
            pending.taken = pending.last
            return (pending.changes, pending.last)
        }
    }

    private func complete(upTo number: Int) {
        let bodies = pending.withLock { pending in
            pending.completed = max(pending.completed, number)
            let due = pending.waiting.prefix { $0.number <= number }
            pending.waiting.removeFirst(due.count)
            return due.map(\.body)
        }
        for body in bodies { body() }
    }
}

extension [DeliveryJournal.Change] {
    fileprivate var firstSequence: Int? {
        for change in self {
            switch change {
            case .put(_, let sequence) where sequence > 0: return sequence
            case .replace(_, let first?): return first
            default: break
            }
        }
        return nil
    }
}
