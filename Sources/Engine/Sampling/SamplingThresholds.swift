/// The sampling thresholds (`ot=th`) in the tracestate of some roots.
struct SamplingThresholds: Equatable, Sendable {
    /// Roots whose thresholds are about the same.
    private struct Group: Equatable {
        var roots = 0
        /// The traces that they stand for, in units of 1/1024: sums of integers don't depend on the order.
        var adjusted: Int128 = 0
    }

    /// By the ratio's logarithm, in eighths of its halves: 160 at most.
    private var groups: [Int: Group] = [:]

    init() {}

    /// Of 2^56 random numbers; fewer are sampled by no setting of Kubernetes, which counts per million.
    private static let sampledMin: UInt64 = (1 << 56) / 1_000_000
    /// A group with a smaller part of the roots counts for itself only.
    private static let partMin = 20

    /// - Parameter threshold: below 2^56.
    mutating func add(threshold: UInt64) {
        let sampled = max((1 << 56) - threshold, Self.sampledMin)
        let eighth = (sampled << UInt64(sampled.leadingZeroBitCount)) >> 60 & 7
        let number = sampled.leadingZeroBitCount * 8 - Int(eighth)
        groups[number, default: Group()].roots += 1
        groups[number]?.adjusted += Int128((0x1p56 / Double(sampled) * 1024).rounded())
    }

    mutating func add(_ more: SamplingThresholds) {
        for (number, group) in more.groups {
            groups[number, default: Group()].roots += group.roots
            groups[number]?.adjusted += group.adjusted
        }
    }

    var roots: Int { groups.values.reduce(0) { $0 + $1.roots } }

    /// nil without roots.
    ///
    /// A sampler has one ratio, or few. Single roots that claim another one, such as one in a million, would otherwise
    /// stand for more than all the others.
    var ratio: Double? {
        let roots = roots
        guard roots > 0 else { return nil }
        let adjusted: Int128 = groups.values.reduce(0) { sum, group in
            sum + (group.roots * Self.partMin < roots ? Int128(group.roots) * 1024 : group.adjusted)
        }
        return min(Double(roots) * 1024 / Double(adjusted), 1)
    }
}

/// The thresholds of the last thousand roots or two: the next process under the same name may have another one.
struct RecentThresholds: Equatable, Sendable {
    private var earlier = SamplingThresholds()
    private var recent = SamplingThresholds()
    private var total = 0

    private static let recentMin = 1000

    mutating func add(_ more: SamplingThresholds) {
        if recent.roots >= Self.recentMin {
            earlier = recent
            recent = SamplingThresholds()
        }
        recent.add(more)
        total += more.roots
    }

    /// nil unless most of a source's roots have a threshold.
    func ratio(ofRoots roots: Int) -> Double? {
        guard total > 0, total * 2 >= roots else { return nil }
        var all = earlier
        all.add(recent)
        return all.ratio
    }
}
