import Engine
import Rules
import Support

/// When to retry a delivery: exponential backoff with jitter, so that a recovering receiver isn't hit by everyone at
/// once.
package struct RetryPolicy: Sendable {
    var first: Duration
    var longest: Duration
    /// How old an alert may get before it is given up.
    var giveUpAfter: Duration

    /// A receiver may be down overnight; an alert older than a day is no help to the person it pages.
    package static let standard = RetryPolicy(
        first: .milliseconds(500), longest: .seconds(30), giveUpAfter: .seconds(86_400))

    init(first: Duration, longest: Duration, giveUpAfter: Duration = .seconds(86_400)) {
        self.first = first
        self.longest = longest
        self.giveUpAfter = giveUpAfter
    }

    /// The pause after a failed attempt.
    /// - Parameters:
    ///   - failures: failed attempts so far, at least 1.
    ///   - wish: the pause that the receiver asked for, honoured from `first` up to five minutes.
    ///   - jitter: a random number in 0...1.
    func pause(after failures: Int, wish: Duration?, jitter: Double) -> Duration {
        if let wish { return min(max(wish, first), .seconds(300)) }
        // Shifts beyond 20 would exceed any `longest`.
        let ceiling = min(longest, first * (1 << min(max(failures - 1, 0), 20)))
        // At least half of it, to give a receiver in trouble a rest.
        return ceiling * (0.5 + 0.5 * jitter)
    }

    /// - Parameters:
    ///   - alert: its age counts from when it fired or resolved.
    ///   - now: in nanoseconds since the epoch.
    func isTooOld(_ alert: Alert, now: Int64) -> Bool {
        let age = now.subtractingSaturating(alert.resolvedAt ?? alert.firedAt ?? alert.activeAt)
        return .nanoseconds(age) > giveUpAfter
    }
}

/// A small random generator (SplitMix64), reproducible from its seed.
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
