import Synchronization

/// Shares answers to identical questions. Concurrent clients share one computation, and an answer is reused for twenty times
/// as long as it took to compute, at most five seconds. So a question takes at most a twentieth of a core, however many
/// clients poll it. What only stragglers still change is computed once a minute.
final class AnswerCache: Sendable {
    private struct Answer {
        let text: Task<String?, any Error>
        let begun: ContinuousClock.Instant
        let isFinal: Bool
        /// nil while computing.
        var usableUntil: ContinuousClock.Instant?
        var byteCount = 0
    }

    private static let reuseFactor = 20
    private static let ageMax = Duration.seconds(5)
    private static let finalAge = Duration.seconds(60)
    private static let answersMax = 64
    /// Answers over a large window take megabytes.
    private static let bytesMax = 32 << 20

    private let answers = Mutex<[String: Answer]>([:])
    private let clock: @Sendable () -> ContinuousClock.Instant

    init(clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.clock = clock
    }

    /// - Parameters:
    ///   - question: a path with its query.
    ///   - isFinal: whether only stragglers can change the answer.
    ///   - compute: computes the answer. Not called if an answer can be shared.
    func answer(
        _ question: String, isFinal: Bool = false, compute: @escaping @Sendable () async throws -> String?
    ) -> Task<String?, any Error> {
        let now = clock()
        return answers.withLock { answers in
            answers = answers.filter { $0.value.usableUntil.map { now < $0 } ?? true }
            if let known = answers[question] { return known.text }
            let task = Task { [weak self] in
                do {
                    let text = try await compute()
                    self?.finish(question, begun: now, text)
                    return text
                } catch {
                    self?.forget(question, begun: now)
                    throw error
                }
            }
            if answers.count < Self.answersMax {
                answers[question] = Answer(text: task, begun: now, isFinal: isFinal)
            }
            return task
        }
    }

    private func finish(_ question: String, begun: ContinuousClock.Instant, _ text: String?) {
        answers.withLock { answers in
            guard var answer = answers[question], answer.begun == begun else { return }
            answer.byteCount = text?.utf8.count ?? 0
            let cost = clock() - begun
            answer.usableUntil =
                begun + (answer.isFinal ? Self.finalAge : min(cost * Self.reuseFactor, Self.ageMax))
            let held = answers.values.reduce(answer.byteCount) { $0 + $1.byteCount }
            answers[question] = held <= Self.bytesMax ? answer : nil
        }
    }

    private func forget(_ question: String, begun: ContinuousClock.Instant) {
        answers.withLock { answers in
            if answers[question]?.begun == begun { answers[question] = nil }
        }
    }
}
