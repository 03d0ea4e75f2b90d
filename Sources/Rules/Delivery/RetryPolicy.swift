/// How often and when delivery is attempted again: exponential backoff with full jitter, so that receivers which
/// come back aren't met by everybody at once.
package struct RetryPolicy: Sendable {
    package var attempts: Int
    package var first: Duration
    package var longest: Duration

    /// Eight attempts over about a minute and a half at most, after which the receiver is down for longer than
    /// alerts can wait in memory.
    package static let standard = RetryPolicy(attempts: 8, first: .milliseconds(500), longest: .seconds(30))

    package init(attempts: Int, first: Duration, longest: Duration) {
        self.attempts = attempts
        self.first = first
        self.longest = longest
    }

    /// The pause behind a failed attempt.
    /// - Parameters:
    ///   - failures: attempts so far, at least 1.
    ///   - wish: what the receiver asked for, honoured up to five minutes.
    ///   - jitter: a random number in 0...1.
    func pause(after failures: Int, wish: Duration?, jitter: Double) -> Duration {
        if let wish { return min(max(wish, .zero), .seconds(300)) }
        // Shifts beyond 20 would exceed any longest pause.
        let ceiling = min(longest, first * (1 << min(max(failures - 1, 0), 20)))
        // At least half of it, so that a receiver in trouble gets a rest.
        return ceiling * (0.5 + 0.5 * jitter)
    }
}
