import Engine
import Synchronization

/// Adds to the history what left the window. The buckets are counted without the window's lock, by one thread at a time.
final class HistoryFolder: Sendable {
    private let folding = Mutex(())

    func fold(from intake: SpanIntake) {
        folding.withLock { _ in addAll(from: intake) }
    }

    /// Where another thread is at it, it takes these too, or the next to append does; until then views have them.
    func foldIfNobodyDoes(from intake: SpanIntake) {
        _ = folding.withLockIfAvailable { _ in addAll(from: intake) }
    }

    /// Does something that must not come between a history and what it is replaced with.
    func whileNobodyFolds(from intake: SpanIntake, foldingFirst: Bool, _ body: () -> Void) {
        folding.withLock { _ in
            if foldingFirst { addAll(from: intake) }
            body()
        }
    }

    private func addAll(from intake: SpanIntake) {
        while let (due, before) = intake.due() {
            var history = before
            history.add(due)
            intake.replaceHistory(with: history, including: due)
        }
    }
}
