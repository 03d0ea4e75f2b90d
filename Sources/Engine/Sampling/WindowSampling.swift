import Support

/// How the spans of a view were sampled, by source.
///
/// Samplers decide at the root of a trace. The sampling ratio of the root's source says how many spans the root stands
/// for, and so do all spans of its trace, including etcd's. A trace that a client began is kept because the client
/// wants it, and stands for itself.
package struct WindowSampling: Sendable {
    /// By source number.
    private let ratios: [SamplingRatio?]
    /// That of the API servers of a cluster.
    private let callers: [String: SamplingRatio]
    /// That of each of etcd's members, as far as it is known whose requests it answered.
    private let members: [SamplingRatio?]
    private let sources: [SourceLabels]
    private let roles: [ServiceRole]

    /// Whether any source is known to leave out traces.
    package let isSampled: Bool
    /// Whether it is, or may turn out to be once more is known about the API servers.
    let mayBeSampled: Bool

    /// - Parameters:
    ///   - roots: how many roots each ratio comes from.
    ///   - answered: how many spans each source has of traces that began in others, by the number of these.
    init(
        _ ratios: [SamplingRatio?], roots: [Int], answered: [[UInt16: Int]], of sources: [SourceLabels],
        _ roles: [ServiceRole]
    ) {
        self.ratios = ratios
        self.sources = sources
        self.roles = roles
        let callers = sources.indices.filter { roles[$0] == .apiServer && ratios[$0] != nil }
        self.callers = Dictionary(grouping: callers) { sources[$0].cluster }.compactMapValues {
            Self.pooled($0.map { (ratios[$0], roots[$0]) })
        }
        members = answered.map { answered in
            Self.pooled(answered.sorted { $0.key < $1.key }.map { (ratios[Int($0.key)], $0.value) })
        }
        isSampled = ratios.contains { ($0?.ratio ?? 1) < 1 }
        mayBeSampled = isSampled || sources.indices.contains { roles[$0] == .apiServer && ratios[$0] == nil }
    }

    /// The ratio of several sources together: how many of their traces arrived, out of how many there were.
    private static func pooled(_ known: [(ratio: SamplingRatio?, roots: Int)]) -> SamplingRatio? {
        let known = known.compactMap { known in known.ratio.map { (ratio: $0, roots: Double(max(known.roots, 1))) } }
        guard let first = known.first?.ratio else { return nil }
        if known.allSatisfy({ $0.ratio == first }) { return first }
        let all = known.reduce(0) { $0 + $1.roots / $1.ratio.ratio }
        let isConfigured = known.allSatisfy { $0.ratio.source == first.source }
        return SamplingRatio(
            ratio: known.reduce(0) { $0 + $1.roots } / all, source: isConfigured ? first.source : .estimated)
    }

    @inline(__always)
    func isMember(_ source: UInt16) -> Bool { roles[Int(source)] == .etcd }

    /// The ratio that a source's spans are sampled with: etcd samples what its callers sampled, unless configuration says
    /// something else; nil if nothing is known.
    package subscript(source: Int) -> SamplingRatio? {
        guard source < ratios.count else { return nil }
        if roles[source] == .etcd, ratios[source]?.source != .configured {
            return members[source] ?? callers[sources[source].cluster]
        }
        return ratios[source]
    }

    /// The ratio of the traces that begin in the API servers of a cluster.
    package func ofRequests(cluster: String) -> SamplingRatio? { callers[cluster] }

    /// The ratio of the spans of a service of a cluster.
    package func ofService(_ service: String, cluster: String) -> SamplingRatio? {
        let own = sources.indices.filter { sources[$0].service == service && sources[$0].cluster == cluster }
        return Self.pooled(own.map { (self[$0], 1) })
    }

    /// The least ratio that a source of a cluster is sampled with; 1 if nothing is known.
    func leastRatio(cluster: String) -> Double {
        let own = sources.indices.filter { sources[$0].cluster == cluster }
        return own.compactMap { self[$0]?.ratio }.min() ?? 1
    }

    /// How many traces one of a trace's spans stands for.
    func weight(_ decider: TraceDecider) -> Double {
        switch decider {
        case .client: 1
        case .root(let source): 1 / (ratios[Int(source)]?.ratio ?? 1)
        case .unknown(let source): 1 / (self[Int(source)]?.ratio ?? 1)
        }
    }
}

/// Who decided that a trace is kept.
enum TraceDecider: Hashable, Sendable {
    /// A client outside, whose span is the parent of a request.
    case client
    /// The source of the trace's root, by number.
    case root(UInt16)
    /// The root isn't here, and the span's own source shows the ratio.
    case unknown(UInt16)

    /// One number for each, in a fixed order.
    var code: UInt32 {
        switch self {
        case .client: 0
        case .root(let source): 1 &<< 16 | UInt32(source)
        case .unknown(let source): 2 &<< 16 | UInt32(source)
        }
    }

    init(code: UInt32) {
        let source = UInt16(truncatingIfNeeded: code)
        switch code &>> 16 {
        case 0: self = .client
        case 1: self = .root(source)
        default: self = .unknown(source)
        }
    }
}
