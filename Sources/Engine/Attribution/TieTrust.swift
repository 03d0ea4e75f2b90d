/// Whether the authentications of a source may be tied to its requests by time.
enum TieDecision: UInt8, Sendable {
    case tied
    /// The halves of a request are separate traces, sampled apart.
    case sampled
    /// So many stand alone that a stranger is often nearer than one's own.
    case crowded
}

/// What a slot shows about the authentications of a source.
struct SourceTies: Sendable {
    let source: UInt16
    /// Authentications that stand alone.
    let authentications: Int
    /// Requests that have none, and are not within another request.
    var requests = 0
    /// Those that no authentication took.
    var unmatched = 0
    var ids = SampledIDs()
    var decision = TieDecision.tied

    init(source: UInt16, authentications: Int) {
        self.source = source
        self.authentications = authentications
    }
}

/// What the trace ids of some authentications say about the ratio that they were sampled with.
///
/// Samplers compare bits of the id with a threshold: OpenTelemetry's SDKs keep the ids whose 63 lower bits are below one,
/// consistent sampling (`ot=th`) those whose 56 lower bits are above one. Unsampled ids lie everywhere.
struct SampledIDs: Sendable {
    private(set) var count = 0
    private var greatest = 0.0
    private var least = 1.0

    /// Fewer than this many are no evidence.
    private static let countMin = 20
    /// Samplers count in millionths. Ids that lie closer together were not drawn at random.
    private static let ratioMin = 0.5e-6
    /// Ids drawn at random look sampled once in a billion times.
    private static let chanceMax = 1e-9

    mutating func add(traceLow: UInt64) {
        count += 1
        greatest = max(greatest, Double(traceLow >> 1) / 0x1p63)
        least = min(least, Double(traceLow & (1 << 56 - 1)) / 0x1p56)
    }

    static func + (left: SampledIDs, right: SampledIDs) -> SampledIDs {
        var sum = left
        sum.count += right.count
        sum.greatest = max(left.greatest, right.greatest)
        sum.least = min(left.least, right.least)
        return sum
    }

    var areSampled: Bool {
        guard count >= Self.countMin else { return false }
        return [greatest, 1 - least].contains { $0 > Self.ratioMin && Self.power($0, count) < Self.chanceMax }
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

/// Decides where ties are trusted, from the settled slots so far and the slot at hand: it depends on spans alone, so that a
/// replay decides like the daemon.
struct TieTrust: Sendable {
    private struct Evidence: Sendable {
        /// Each slot counts a sixteenth less than the next. In units of 1/256.
        var requests = 0
        var unmatched = 0
        /// An instance's ratio doesn't change while it runs.
        var ids = SampledIDs()

        mutating func add(_ ties: SourceTies) {
            requests += ties.requests << 8
            unmatched += ties.unmatched << 8
            ids = ids + ties.ids
        }

        mutating func age() {
            requests -= requests >> 4
            unmatched -= unmatched >> 4
        }

        /// Beyond this, halves are missing: one request in twenty, and twenty more, so that a few don't decide.
        var isSampled: Bool { unmatched > 20 << 8 + requests / 20 || ids.areSampled }
        var isForgotten: Bool { requests < 1 << 4 }
    }

    /// By source.
    private var evidence: [UInt16: Evidence] = [:]

    /// A second and instance: at this rate one tie in a thousand takes a stranger (docs/culprit.md).
    static let rateMax = 250
    private static let authenticationsMax = rateMax * Int(Window.slotWidth / 1_000_000_000)

    var byteCount: Int { evidence.capacity * (MemoryLayout<Evidence>.stride + 2) }

    func decision(_ ties: SourceTies) -> TieDecision {
        if ties.authentications > Self.authenticationsMax { return .crowded }
        // Sources without a place of their own are a mixture of instances.
        if ties.source == SourceTable.overflow, ties.authentications > 0 { return .crowded }
        var evidence = evidence[ties.source] ?? Evidence()
        evidence.add(ties)
        // Without a lone authentication there is nothing to tie: it may be within the request, as up to Kubernetes 1.32.
        return evidence.ids.count > 0 && evidence.isSampled ? .sampled : .tied
    }

    /// Takes in a slot that has settled.
    mutating func add(_ slot: [SourceTies]) {
        for source in evidence.keys { evidence[source]?.age() }
        for ties in slot { evidence[ties.source, default: Evidence()].add(ties) }
        evidence = evidence.filter { !$0.value.isForgotten }
    }

    mutating func removeAll() { evidence = [:] }
}
