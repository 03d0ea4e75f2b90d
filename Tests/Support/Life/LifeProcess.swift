/// A process of a simulated control plane. Its work takes time, longer while it is slowed, and makes no progress
/// while it is paused or down. Faults are injected here, so that everyone who waits for the process is affected.
package struct LifeProcess: Sendable {
    package let service: String
    /// When it is down, Unix nanoseconds.
    package var outages: [Range<Int64>] = []
    /// When it is paused, with its connections open.
    package var pauses: [Range<Int64>] = []
    /// When everything it does takes longer, and by how many nanoseconds on average.
    package var delays: [(during: Range<Int64>, mean: Int64)] = []
    /// Its exporter sends every five seconds, at an offset of its own.
    let exportPhase: Int64
    /// Spans that haven't ended or haven't been exported.
    var held: [LifeSpan] = []

    init(service: String, exportPhase: Int64) {
        self.service = service
        self.exportPhase = exportPhase
    }

    package func isUp(at time: Int64) -> Bool { !outages.contains { $0.contains(time) } }

    /// When it is up again; `time` itself if it is up.
    func up(from time: Int64) -> Int64 { outages.first { $0.contains(time) }?.upperBound ?? time }

    /// When work that starts at `time` is done.
    func finish(_ duration: Int64, from time: Int64, _ chance: inout LifeChance) -> Int64 {
        var end = time + duration
        for delay in delays where delay.during.contains(time) { end += chance.exponential(delay.mean) }
        for pause in pauses where pause.lowerBound < end && pause.upperBound > time {
            end += pause.upperBound - max(pause.lowerBound, time)
        }
        return end
    }
}

/// Randomness as control planes have it: most things take about as long as ever, a few take much longer.
package struct LifeChance: Sendable {
    private var generator: SeededGenerator

    package init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    mutating func id() -> UInt64 { generator.next() | 1 }

    /// 0..<1
    mutating func fraction() -> Double { Double(generator.next() >> 11) * 0x1p-53 }

    mutating func happens(_ probability: Double) -> Bool { fraction() < probability }

    mutating func number(_ range: Range<Int>) -> Int { range.lowerBound + Int(fraction() * Double(range.count)) }

    mutating func exponential(_ mean: Int64) -> Int64 { Int64(-Double(mean) * Self.log(1 - fraction())) }

    /// About `typical` nanoseconds; one in a hundred takes up to ten times as long, one in two thousand hits a hiccup
    /// of a disk or a garbage collection.
    mutating func duration(_ typical: Int64) -> Int64 {
        let spread = typical * 6 / 10 + exponential(typical * 4 / 10)
        if happens(0.0005) { return spread + 20_000_000 + exponential(60_000_000) }
        return happens(0.01) ? spread + exponential(typical * 4) : spread
    }

    /// The natural logarithm of a number in (0, 1], computed from its binary exponent and a series, so that it is the
    /// same on every machine.
    private static func log(_ number: Double) -> Double {
        let (mantissa, exponent) = (number.significand, Double(number.exponent))
        let ratio = (mantissa - 1) / (mantissa + 1)
        var (term, sum) = (ratio, 0.0)
        for index in stride(from: 1.0, to: 40, by: 2) {
            sum += term / index
            term *= ratio * ratio
        }
        return exponent * 0.693147180559945309 + 2 * sum
    }
}
