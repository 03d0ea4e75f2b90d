/// How a duration compares with the baseline. Only what was observed both now and before can be called unchanged.
enum Trend: Equatable, Sendable {
    /// Nothing of its kind ended in the interval.
    case unheard
    /// It was observed, but the baseline has nothing to compare with.
    case withoutBaseline
    /// It was observed too rarely, now or before.
    case tooFew
    case unchanged
    case grew
}

/// How much longer something takes than before: the geometric mean of its durations, each divided by the earlier median of
/// its own series, so that neither a changed mix nor a few outliers look like a change of speed.
package struct Slowdown: Sendable {
    /// Durations that could be compared.
    package private(set) var count = 0
    /// Earlier durations of the compared series.
    private(set) var countBefore = 0
    /// Above 1: longer than before. Meaningless if nothing could be compared.
    private var ratio = 1.0
    /// Of the compared ones, those of at least three times the longest earlier one of their series: how many, and how many
    /// times as long as before they are.
    private var beyond = (count: 0, ratio: 1.0)
    /// All durations, compared or not.
    package private(set) var now = LatencyHistogram()
    package private(set) var before = LatencyHistogram()

    package init() {}

    fileprivate init(_ meter: SlowdownMeter) {
        var (steps, stepsBeyond) = (0, 0)
        for series in meter.series {
            for (code, count) in series.before.cells { before.add(code, count: count) }
            guard series.before.count >= SlowdownMeter.countMin, series.count > 0 else { continue }
            guard let median = series.before.code(quantile: 0.5), median < SlowdownMeter.codeMax else { continue }
            count += series.count
            countBefore += series.before.count
            let usual = max(median, SlowdownMeter.codeMin)
            steps += series.codes - series.count * usual
            beyond.count += series.beyond
            stepsBeyond += series.codesBeyond - series.beyond * usual
        }
        now = meter.now
        if beyond.count > 0 {
            beyond.ratio = LatencyBucket.ratio(ofSteps: Double(stepsBeyond) / Double(beyond.count))
        }
        if count > 0 { ratio = LatencyBucket.ratio(ofSteps: Double(steps) / Double(count)) }
    }

    /// How many times as long as before; nil if that can't be compared.
    package var times: Double? { count >= Self.countMin ? ratio : nil }

    /// How many times as long as before the longest durations are, if they are few but can't be chance: nothing before came
    /// near them. Were now and before alike, the longest of all would all lie in the interval with a probability of less
    /// than one in a million.
    var timesOfFew: Double? {
        var chance = 1.0
        for number in 0..<beyond.count {
            chance *= Double(count - number) / Double(count + countBefore - number)
        }
        return chance < Self.chanceMax ? beyond.ratio : nil
    }

    private static let chanceMax = 1e-6

    var trend: Trend {
        guard let times else {
            if now.count == 0 { return .unheard }
            return before.count == 0 ? .withoutBaseline : .tooFew
        }
        return times < Self.changed ? .unchanged : .grew
    }

    /// With fewer durations a slowdown is meaningless.
    private static let countMin = 20
    /// On a healthy cluster slowdowns over half a minute stay below 2.2; those of culprits are far larger.
    static let changed = 2.0
}

/// Collects latency bucket codes by series, before and now.
struct SlowdownMeter {
    fileprivate struct Series {
        var before = LatencyHistogram()
        var longestBefore = 0
        var count = 0
        var codes = 0
        /// Durations far beyond the longest before.
        var beyond = 0
        var codesBeyond = 0
    }

    /// With fewer earlier durations, the median of a series is unreliable.
    static let countMin = 8
    /// Below 20 µs durations are noise, and count as 20 µs.
    static let codeMin = Int(LatencyBucket.shared.code(20_000))
    /// A series that usually takes longer than ten seconds is a stream.
    static let codeMax = Int(LatencyBucket.shared.code(10_000_000_000))

    /// Three times as long.
    private static let farBeyond = 102

    fileprivate var series: [Series] = []
    fileprivate var now = LatencyHistogram()

    /// Adds what was before first, then what is now.
    @inline(__always)
    mutating func add(_ code: UInt16, series number: Int, isNow: Bool) {
        while series.count <= number { series.append(Series()) }
        if isNow {
            now.add(Int(code))
            series[number].count += 1
            series[number].codes += max(Int(code), Self.codeMin)
            if Int(code) >= max(series[number].longestBefore, Self.codeMin) + Self.farBeyond {
                series[number].beyond += 1
                series[number].codesBeyond += Int(code)
            }
        } else {
            series[number].before.add(Int(code))
            series[number].longestBefore = max(series[number].longestBefore, Int(code))
        }
    }

    var slowdown: Slowdown { Slowdown(self) }
}
