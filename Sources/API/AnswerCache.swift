import NIOCore
import Synchronization

/// Shares answers to identical questions. Concurrent clients share one computation, and an answer is reused for twenty
/// times as long as it took to compute, at most five seconds. So a question takes at most a twentieth of a core,
/// however many clients poll it. An answer that only stragglers can change is computed once a minute.
final class AnswerCache: Sendable {
    /// An answer and the permit that all who read it share.
    struct Shared {
        /// In JSON; nil if there is none.
        let text: Task<ByteBuffer?, any Error>
        let permit: AnswerPool.Permit
    }

    private struct Answer {
        let text: Task<ByteBuffer?, any Error>
        /// nil while nobody computes or reads the answer.
        weak var permit: AnswerPool.Permit?
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
    private let pool: AnswerPool
    private let clock: @Sendable () -> ContinuousClock.Instant

    init(of pool: AnswerPool, clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.pool = pool
        self.clock = clock
    }

    /// - Parameters:
    ///   - question: a path with its query.
    ///   - isFinal: whether only stragglers can change the answer.
    ///   - compute: computes the answer. Not called if an answer can be shared.
    /// - Returns: nil if all permits are taken by other answers.
    func answer(
        _ question: String, isFinal: Bool = false, compute: @escaping @Sendable () async throws -> String?
    ) -> Shared? {
        let now = clock()
        return answers.withLock { answers in
            answers = answers.filter { $0.value.usableUntil.map { now < $0 } ?? true }
            if let known = answers[question] {
                guard let permit = known.permit ?? pool.permit() else { return nil }
                answers[question]?.permit = permit
                return Shared(text: known.text, permit: permit)
            }
            guard let permit = pool.permit() else { return nil }
            let task = Task { [weak self] in
                defer { extendLifetime(permit) }
                do {
                    let text = try await compute().map { ByteBuffer(string: $0) }
                    self?.finish(question, begun: now, byteCount: text?.readableBytes ?? 0)
                    return text
                } catch {
                    self?.forget(question, begun: now)
                    throw error
                }
            }
            if answers.count < Self.answersMax {
                answers[question] = Answer(text: task, permit: permit, begun: now, isFinal: isFinal)
            }
            return Shared(text: task, permit: permit)
        }
    }

    private func finish(_ question: String, begun: ContinuousClock.Instant, byteCount: Int) {
        answers.withLock { answers in
            guard var answer = answers[question], answer.begun == begun else { return }
            answer.byteCount = byteCount
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
