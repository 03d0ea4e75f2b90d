/// What is known of how long something takes, against before. Only of what was heard now and before can it be said that it
/// is as it was.
package enum Trend: Equatable, Sendable {
    /// Nothing of it ended in the interval.
    case unheard
    /// It was heard, but there is nothing from before.
    case withoutBaseline
    /// It was heard too seldom, now or before.
    case tooFew
    case unchanged
    case grew
}

/// How much longer something takes than before: the geometric mean of its durations, each against the median that its
/// own series had before, so that neither a change of the mix nor a few outliers pass for a change of speed.
package struct Slowdown: Sendable {
    /// Durations that could be compared.
    package private(set) var count = 0
    /// Durations before, of the series that are compared.
    private(set) var countBefore = 0
    /// Above 1: longer than before; means nothing of what can't be compared.
    private var ratio = 1.0
    /// All durations, compared or not.
    package private(set) var now = LatencyHistogram()
    package private(set) var before = LatencyHistogram()

    package init() {}

    fileprivate init(_ meter: SlowdownMeter) {
        var steps = 0
        for series in meter.series {
            for (code, count) in series.before.cells { before.add(code, count: count) }
            guard series.before.count >= SlowdownMeter.countMin, series.count > 0 else { continue }
            guard let median = series.before.code(quantile: 0.5), median < SlowdownMeter.codeMax else { continue }
            count += series.count
            countBefore += series.before.count
            steps += series.codes - series.count * max(median, SlowdownMeter.codeMin)
        }
        now = meter.now
        if count > 0 { ratio = LatencyBucket.ratio(ofSteps: Double(steps) / Double(count)) }
    }

    /// How many times as long as before; nil where that can't be compared.
    package var times: Double? { count >= Self.countMin ? ratio : nil }

    var trend: Trend {
        guard let times else {
            if now.count == 0 { return .unheard }
            return before.count == 0 ? .withoutBaseline : .tooFew
        }
        return times < Self.changed ? .unchanged : .grew
    }

    /// Durations below which a slowdown says nothing.
    private static let countMin = 20
    /// In good health the slowdowns of half a minute stay below 2.2; what is a culprit's grew by far more.
    static let changed = 2.0
}

/// Gathers durations by series, before and now, by their latency bucket codes.
struct SlowdownMeter {
    fileprivate struct Series {
        var before = LatencyHistogram()
        var count = 0
        var codes = 0
    }

    /// A series with fewer durations before has no median worth the name.
    static let countMin = 8
    /// Below 20 µs durations are noise, and count as 20 µs.
    static let codeMin = Int(LatencyBucket.shared.code(20_000))
    /// What takes longer than ten seconds by habit is a stream.
    static let codeMax = Int(LatencyBucket.shared.code(10_000_000_000))

    fileprivate var series: [Series] = []
    fileprivate var now = LatencyHistogram()

    @inline(__always)
    mutating func add(_ code: UInt16, series number: Int, isNow: Bool) {
        while series.count <= number { series.append(Series()) }
        if isNow {
            now.add(Int(code))
            series[number].count += 1
            series[number].codes += max(Int(code), Self.codeMin)
        } else {
            series[number].before.add(Int(code))
        }
    }

    var slowdown: Slowdown { Slowdown(self) }
}
