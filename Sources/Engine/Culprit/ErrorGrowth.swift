/// How many times as often as usual spans or requests fail, by their numbers alone.
package enum ErrorGrowth {
    package struct Counts: Sendable {
        var count = 0
        var errors = 0

        package init() {}

        package init(_ statistics: LatencyStatistics) { (count, errors) = (statistics.count, statistics.errors) }

        static func + (left: Counts, right: Counts) -> Counts {
            var sum = left
            sum.count += right.count
            sum.errors += right.errors
            return sum
        }
    }

    /// nil if there is too little to compare. At most 1 if so many failures may be chance, or if most are of one moment.
    ///
    /// A fault may have begun within the interval, so it counts from the slot that makes it greatest.
    ///
    /// - Parameters:
    ///   - parts: the slots of an interval.
    ///   - before: of the time before it.
    ///   - groups: how many are compared: any of them may exceed what chance does once in a million times.
    package static func times(_ parts: [Counts], before: Counts, groups: Int) -> Double? {
        let starts = 0...max(parts.count - partsMin, 0)
        return starts.compactMap { start in
            times(lasting: Array(parts[start...]), before: before, tests: groups * starts.count)
        }.max()
    }

    private static func times(lasting parts: [Counts], before: Counts, tests: Int) -> Double? {
        let now = parts.reduce(Counts(), +)
        guard now.count > 0, before.count >= GrowthBaseline.countMin else { return nil }
        // One more failure before makes this finite, and never exaggerates.
        let usual = Double(before.errors + 1) / Double(before.count + 1)
        let times = Double(now.errors) / Double(now.count) / usual
        guard times > 1, isLasting(parts, errors: now.errors) else { return min(times, 1) }
        return chance(now, before) < Chance.limit / Double(max(tests, 1)) ? times : 1
    }

    /// A pause or a restart fails what happens to wait, all at once.
    private static func isLasting(_ parts: [Counts], errors: Int) -> Bool {
        let even = parts.filter { $0.errors * parts.count * 2 >= errors }
        return even.count >= min(partsMin, parts.count)
    }

    private static let partsMin = 3

    private static func chance(_ now: Counts, _ before: Counts) -> Double {
        let errors = now.errors + before.errors
        guard min(errors, now.count) <= exactMax else {
            let expected = Double(errors) * Double(now.count) / Double(now.count + before.count)
            return (Double(now.errors) - expected) > sure * expected.squareRoot() ? 0 : 1
        }
        // The failures among those of the interval, or those of the interval among the failures: whichever are fewer.
        if now.count <= errors {
            return Chance.of(long: now.errors, outOf: now.count, before: (before.errors, before.count))
        }
        let good = (now.count - now.errors, now.count - now.errors + before.count - before.errors)
        return Chance.of(long: now.errors, outOf: errors, before: good)
    }

    /// With more, the exact test takes too long, and a normal distribution tells as much.
    private static let exactMax = 10_000
    /// Standard deviations that chance doesn't reach among any number of groups.
    private static let sure = 8.0
}
