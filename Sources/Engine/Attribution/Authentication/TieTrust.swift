/// Whether the authentications of a source may be tied to its requests by time.
enum TieDecision: UInt8, Sendable {
    case tied
    /// The halves of a request are separate traces, sampled independently.
    case sampled
    /// There are so many lone ones that another request's authentication is often nearer than the request's own.
    case crowded
}

/// What a slot shows about the authentications of a source.
struct SourceTies: Sendable {
    let source: UInt16
    /// Authentications that stand alone.
    let authentications: Int
    /// Requests that have none and are not within another request.
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

/// Decides where ties are trusted, from the settled slots so far and the current slot. It depends only on spans, so
/// that a replay decides like the daemon.
struct TieTrust: Sendable {
    private struct Evidence: Sendable {
        /// Each slot counts a sixteenth less than the next one. In units of 1/256.
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

    /// How sources sample, if known from elsewhere.
    private var sampling: WindowSampling?
    /// By source.
    private var evidence: [UInt16: Evidence] = [:]

    /// Per second and instance: at this rate one tie in a thousand takes another request's authentication
    /// (docs/culprit.md).
    static let rateMax = 250
    private static let authenticationsMax = rateMax * Int(Window.slotWidth / 1_000_000_000)

    var byteCount: Int { evidence.capacity * (MemoryLayout<Evidence>.stride + 2) }

    func decision(_ ties: SourceTies) -> TieDecision {
        if ties.authentications > Self.authenticationsMax { return .crowded }
        // Sources without a place of their own are a mixture of instances.
        if ties.source == SourceTable.overflow, ties.authentications > 0 { return .crowded }
        var evidence = evidence[ties.source] ?? Evidence()
        evidence.add(ties)
        if ties.authentications > 0, let known = sampling?[Int(ties.source)], known.isStated, known.ratio < 1 {
            return .sampled
        }
        // Without a lone authentication there is nothing to tie: it may be within the request, as up to Kubernetes 1.32.
        return evidence.ids.count > 0 && evidence.isSampled ? .sampled : .tied
    }

    /// Sets what is known from elsewhere about the sources' samplers.
    mutating func know(_ sampling: WindowSampling) { self.sampling = sampling }

    /// Adds a slot that has settled.
    mutating func add(_ slot: [SourceTies]) {
        for source in evidence.keys { evidence[source]?.age() }
        for ties in slot { evidence[ties.source, default: Evidence()].add(ties) }
        evidence = evidence.filter { !$0.value.isForgotten }
    }

    mutating func removeAll() { evidence = [:] }
}
