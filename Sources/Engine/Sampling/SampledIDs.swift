/// What some trace ids show about the ratio that they were sampled with.
///
/// Samplers compare bits of the id with a threshold: OpenTelemetry's SDKs keep the ids whose 63 upper bits of the lower
/// half are below one, consistent sampling (`ot=th`) those whose 56 lower bits are above one. Unsampled ids are spread
/// over the whole range.
struct SampledIDs: Equatable, Sendable {
    private(set) var count = 0
    private var greatest: UInt64 = 0
    private var least = UInt64.max

    /// Fewer than this many are no evidence.
    private static let countMin = 20
    /// Samplers count in millionths. Ids that are closer together were not drawn at random.
    private static let ratioMin = 0.5e-6
    /// Ids drawn at random look sampled once in a billion times.
    private static let chanceMax = 1e-9

    @inline(__always)
    mutating func add(traceLow: UInt64) {
        count &+= 1
        greatest = max(greatest, traceLow &>> 1)
        least = min(least, traceLow & (1 << 56 - 1))
    }

    static func + (left: SampledIDs, right: SampledIDs) -> SampledIDs {
        var sum = left
        sum.count += right.count
        sum.greatest = max(left.greatest, right.greatest)
        sum.least = min(left.least, right.least)
        return sum
    }

    var areSampled: Bool { sampledExtent != nil }

    /// The ratio, 0…1; nil if there are too few ids, or ids that were not drawn at random.
    var ratio: Double? {
        guard count >= Self.countMin else { return nil }
        if let extent = sampledExtent {
            // The greatest of n random numbers is on average n/(n+1) of their limit.
            return min(extent * Double(count + 1) / Double(count), 1)
        }
        return extents.contains { $0 <= Self.ratioMin } ? nil : 1
    }

    /// The part of all possible ids that these fall into, by either way of sampling.
    private var extents: [Double] { [Double(greatest) / 0x1p63, 1 - Double(least) / 0x1p56] }

    /// The part that these fall into, if that isn't chance.
    private var sampledExtent: Double? {
        guard count >= Self.countMin else { return nil }
        return extents.first { $0 > Self.ratioMin && Self.power($0, count) < Self.chanceMax }
    }

    /// Whether an id can have been sampled with a ratio.
    static func mayBeSampled(traceLow: UInt64, _ ratio: Double) -> Bool {
        ratio >= 1 || Double(traceLow &>> 1) < ratio * 0x1p63
            || Double(traceLow & (1 << 56 - 1)) >= (1 - ratio) * 0x1p56
    }

    private static func power(_ base: Double, _ exponent: Int) -> Double {
        var (result, square, rest) = (1.0, base, exponent)
        while rest > 0 {
            if rest & 1 == 1 { result *= square }
            square *= square
            rest >>= 1
        }
        return result
    }
}
