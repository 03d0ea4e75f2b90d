import Scrape
import Synchronization

/// Durations of evaluations, counted for the scrape.
final class EvaluationDurations: Sendable {
    /// Seconds.
    static let bounds = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10]

    struct Counts {
        var buckets = [Int](repeating: 0, count: EvaluationDurations.bounds.count + 1)
        var sum = 0.0
    }

    private let counts = Mutex(Counts())

    func observe(_ duration: Duration) {
        let seconds = duration / .seconds(1)
        counts.withLock { counts in
            counts.buckets[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
            counts.sum += seconds
        }
    }

    var current: Counts { counts.withLock { $0 } }
}

extension EvaluationDurations {
    private static let shownBounds = HistogramBounds(bounds)

    static let metrics = MetricTable<Counts>([
        .family(
            "faultline_rule_evaluation_duration_seconds", .histogram, unit: "seconds",
            help: "Time taken to evaluate the rules that were due."
        ) { durations, exposition in
            exposition.histogram(shownBounds, counts: durations.buckets, sum: durations.sum)
        }
    ])
}
