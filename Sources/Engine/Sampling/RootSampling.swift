/// What the roots of a source show about its sampler. An instance's ratio doesn't change while it runs, but the next
/// process under the same name may have another. So ids are forgotten once enough newer ones are known, or at once if
/// the ratio has fallen.
struct RootSampling: Equatable, Sendable {
    private var recent = SampledIDs()
    private var earlier = SampledIDs()
    /// The end of the first root in `recent`, Unix nanoseconds.
    private var since = Int64.max
    /// The last of `recent`, and the end of the first of them.
    private var latest = SampledIDs()
    private var latestSince = Int64.max
    private var thresholds = RecentThresholds()
    /// All roots so far.
    private var total = 0

    /// How many ids show whether the ratio has fallen.
    private static let latestMax = 100
    /// It has fallen if the last ids are within this part of the former ratio, which happens by chance once in 10^15
    /// times.
    private static let fallen = 0.7
    /// After this long, nanoseconds, and after this many newer ones, ids count as earlier ones.
    private static let recentMax: Int64 = 300_000_000_000
    private static let recentMin = 100

    /// Adds a root that ended at a time, Unix nanoseconds.
    @inline(__always)
    mutating func add(traceLow: UInt64, end: Int64) {
        if recent.count >= Self.recentMin, end &- since > Self.recentMax {
            earlier = recent
            recent = SampledIDs()
        }
        if latest.count >= Self.latestMax { endLatest() }
        if recent.count == 0 { since = end }
        if latest.count == 0 { latestSince = end }
        total &+= 1
        recent.add(traceLow: traceLow)
        latest.add(traceLow: traceLow)
    }

    /// A ratio that has risen shows in the ids themselves; one that has fallen only once the former ids are forgotten.
    private mutating func endLatest() {
        if let now = latest.ratio, let before = (earlier + recent).ratio, now < Self.fallen * before {
            earlier = SampledIDs()
            recent = latest
            since = latestSince
        }
        latest = SampledIDs()
    }

    mutating func add(_ more: SamplingThresholds) { thresholds.add(more) }

    /// How many roots the ratio is from.
    var count: Int { earlier.count + recent.count }

    /// nil if nothing is known.
    var ratio: SamplingRatio? {
        if let ratio = thresholds.ratio(ofRoots: total) { return SamplingRatio(ratio: ratio, source: .tracestate) }
        return (earlier + recent).ratio.map { SamplingRatio(ratio: $0, source: .estimated) }
    }
}
