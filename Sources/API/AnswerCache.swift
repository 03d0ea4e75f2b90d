import Synchronization

/// Shares answers to identical questions. Concurrent clients share one computation, and an answer is reused for twenty times
/// as long as it took to compute, at most five seconds. So a question takes at most a twentieth of a core, however many
/// clients poll it.
final class AnswerCache: Sendable {
    private struct Answer {
        let text: Task<String?, any Error>
        let begun: ContinuousClock.Instant
        /// nil while computing.
        var usableUntil: ContinuousClock.Instant?
    }

    private static let reuseFactor = 20
    private static let ageMax = Duration.seconds(5)
    /// Answers over a large window take tens of megabytes.
    private static let answersMax = 8

    private let answers = Mutex<[String: Answer]>([:])
    private let clock: @Sendable () -> ContinuousClock.Instant

    init(clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.clock = clock
    }

    /// - Parameters:
    ///   - question: a path with its query.
    ///   - compute: computes the answer. Not called if an answer can be shared.
    func answer(
        _ question: String, compute: @escaping @Sendable () async throws -> String?
    ) async throws -> String? {
        let now = clock()
        let task = answers.withLock { answers in
            answers = answers.filter { $0.value.usableUntil.map { now < $0 } ?? true }
            if let known = answers[question] { return known.text }
            let task = Task { [weak self] in
                do {
                    let text = try await compute()
                    self?.finish(question, begun: now)
                    return text
                } catch {
                    self?.forget(question)
                    throw error
                }
            }
            if answers.count < Self.answersMax { answers[question] = Answer(text: task, begun: now) }
            return task
        }
        return try await task.value
    }

    private func finish(_ question: String, begun: ContinuousClock.Instant) {
        answers.withLock { answers in
            guard answers[question]?.begun == begun else { return }
            let cost = clock() - begun
            answers[question]?.usableUntil = begun + min(cost * Self.reuseFactor, Self.ageMax)
        }
    }

    private func forget(_ question: String) {
        _ = answers.withLock { $0.removeValue(forKey: question) }
    }
}
