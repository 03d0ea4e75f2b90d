import Engine
import Rules
import Support

/// When delivery is attempted again: exponential backoff with jitter, so that receivers which come back aren't met by
/// everybody at once.
package struct RetryPolicy: Sendable {
    package var first: Duration
    package var longest: Duration
    /// How old an alert may get before it is given up.
    package var giveUpAfter: Duration

    /// A receiver may be down for a night; what is older than a day helps nobody who is paged.
    package static let standard = RetryPolicy(
        first: .milliseconds(500), longest: .seconds(30), giveUpAfter: .seconds(86_400))

    package init(first: Duration, longest: Duration, giveUpAfter: Duration = .seconds(86_400)) {
        self.first = first
        self.longest = longest
        self.giveUpAfter = giveUpAfter
    }

    /// The pause behind a failed attempt.
    /// - Parameters:
    ///   - failures: attempts so far, at least 1.
    ///   - wish: what the receiver asked for, honoured up to five minutes; less than the first pause is no pause.
    ///   - jitter: a random number in 0...1.
    func pause(after failures: Int, wish: Duration?, jitter: Double) -> Duration {
        if let wish { return min(max(wish, first), .seconds(300)) }
        // Shifts beyond 20 would exceed any longest pause.
        let ceiling = min(longest, first * (1 << min(max(failures - 1, 0), 20)))
        // At least half of it, so that a receiver in trouble gets a rest.
        return ceiling * (0.5 + 0.5 * jitter)
    }

    /// - Parameters:
    ///   - alert: given up by when it fired or resolved.
    ///   - now: nanoseconds since the epoch.
    func isTooOld(_ alert: Alert, now: Int64) -> Bool {
        let age = now.subtractingSaturating(alert.resolvedAt ?? alert.firedAt ?? alert.activeAt)
        return .nanoseconds(age) > giveUpAfter
    }
}

/// A small random generator (SplitMix64) that a seed makes repeatable.
struct Jitter: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number in 0..<1.
    mutating func next() -> Double {
        Double.random(in: 0..<1, using: &self)
    }
}
