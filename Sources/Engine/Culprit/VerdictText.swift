/// Figures as verdicts state them.
enum VerdictText {
    /// Nanoseconds with two digits: `210 ms`.
    static func duration(_ nanoseconds: Int64) -> String {
        let units: [(name: String, size: Double)] = [("s", 1e9), ("ms", 1e6), ("µs", 1e3), ("ns", 1)]
        let value = Double(nanoseconds)
        let unit = units.first { value >= $0.size } ?? units[3]
        return "\(number(value / unit.size)) \(unit.name)"
    }

    static func webhooks(_ component: Component) -> String {
        component == .validatingWebhook ? "validating webhooks" : "mutating webhooks"
    }

    static func rate(_ perSecond: Double) -> String { number(perSecond) }

    static func times(_ ratio: Double) -> String { "\(number(ratio)) times" }

    /// `210 ms instead of 2 ms at p99`, or at p50 if the tail hides the growth.
    static func p99(_ slowdown: Slowdown) -> String {
        grown(slowdown, [(0.99, "p99"), (0.5, "p50")])
    }

    /// At p50, or at p99 if only some of the durations grew.
    static func p50(_ slowdown: Slowdown) -> String {
        grown(slowdown, [(0.5, "p50"), (0.99, "p99")])
    }

    /// At the first of some quantiles that at least doubled. If none did, the mix hides the growth: the text then gives
    /// the slowdown instead.
    private static func grown(_ slowdown: Slowdown, _ quantiles: [(quantile: Double, name: String)]) -> String {
        for (quantile, name) in quantiles {
            guard let now = slowdown.now.quantile(quantile), let before = slowdown.before.quantile(quantile),
                Double(now) >= Slowdown.changed * Double(before)
            else { continue }
            return "\(duration(now)) instead of \(duration(before)) at \(name)"
        }
        return "\(times(slowdown.times ?? 1)) as long as before, each kind compared with itself"
    }

    // MARK: Missing spans

    /// Why spans of a healthy etcd may be missing.
    static let mayBeMissing = "etcd's clock may be off, or not all of its spans arrive"

    /// A clause about one side while the other is slow. It is unaffected only if it was observed and compared.
    ///
    /// - Parameters:
    ///   - isAre: `etcd's own handlers are`.
    ///   - name: the same without the verb.
    static func beside(_ slowdown: Slowdown, _ isAre: String, _ name: String) -> String {
        switch slowdown.trend {
        case .unchanged: "\(isAre) unaffected"
        case .grew: "\(name) grew less (\(times(slowdown.times ?? 1)))"
        case .unheard: "there are no spans of \(name) in the interval"
        case .withoutBaseline: "there is no earlier data on \(name)"
        case .tooFew: "there is too little data on \(name) to compare"
        }
    }

    /// A clause that says what is missing for a comparison; nil if nothing is.
    static func missing(_ slowdown: Slowdown, _ spans: String) -> String? {
        switch slowdown.trend {
        case .unchanged, .grew: nil
        case .unheard where spans.contains("etcd"): "no \(spans) ended in the interval: \(mayBeMissing)"
        case .unheard: "no \(spans) ended in the interval"
        case .withoutBaseline: "there are no earlier \(spans) to compare with"
        case .tooFew: "there are too few \(spans) to compare"
        }
    }

    /// `neither etcd nor webhooks got clearly slower`
    static func noneSlower(_ names: [String]) -> String {
        guard let last = names.last, names.count > 1 else { return "\(names.first ?? "") got no slower" }
        return "neither \(names.dropLast().joined(separator: ", ")) nor \(last) got clearly slower"
    }

    /// Three digits from 100 on, two below.
    private static func number(_ value: Double) -> String {
        guard value < 9.95 else { return "\(Int(value.rounded()))" }
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }
}
