/// Figures as verdicts say them.
enum VerdictText {
    /// Of nanoseconds, two digits: `210 ms`.
    static func duration(_ nanoseconds: Int64) -> String {
        let units: [(name: String, size: Double)] = [("s", 1e9), ("ms", 1e6), ("µs", 1e3), ("ns", 1)]
        let value = Double(nanoseconds)
        let unit = units.first { value >= $0.size } ?? units[3]
        return "\(number(value / unit.size)) \(unit.name)"
    }

    static func rate(_ perSecond: Double) -> String { number(perSecond) }

    static func times(_ ratio: Double) -> String { "\(number(ratio)) times" }

    /// `210 ms instead of 2 ms at p99`
    static func p99(_ shift: Shift) -> String { quantile(0.99, "p99", shift) }

    /// At p50; at p99 where only some of the durations grew.
    static func p50(_ shift: Shift) -> String {
        let (now, before) = (shift.now.quantile(0.5) ?? 0, shift.before.quantile(0.5) ?? 0)
        return now >= 2 * before ? quantile(0.5, "p50", shift) : p99(shift)
    }

    private static func quantile(_ quantile: Double, _ name: String, _ shift: Shift) -> String {
        guard let now = shift.now.quantile(quantile), let before = shift.before.quantile(quantile) else {
            return "\(times(shift.ratio)) as long"
        }
        return "\(duration(now)) instead of \(duration(before)) at \(name)"
    }

    /// Three digits from 100 on, else two.
    private static func number(_ value: Double) -> String {
        guard value < 9.95 else { return "\(Int(value.rounded()))" }
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }
}
