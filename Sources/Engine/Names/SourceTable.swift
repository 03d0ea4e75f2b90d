/// A source of spans: an instance of a service in a cluster.
package struct SourceLabels: Hashable, Sendable {
    /// Empty if the sender doesn't name it; so is the instance.
    package var cluster: String
    package var service: String
    package var instance: String

    package init(cluster: String, service: String, instance: String) {
        self.cluster = cluster
        self.service = service
        self.instance = instance
    }
}

/// What came from a source since the start.
package struct SourceCounts: Equatable, Sendable {
    /// Accepted spans.
    package fileprivate(set) var spans = 0
    /// The earliest and the latest span end, Unix nanoseconds.
    package fileprivate(set) var first = Int64.max
    package fileprivate(set) var last = Int64.min
    fileprivate var roots = RootSampling()

    @inline(__always)
    fileprivate mutating func add(_ row: SpanRow, end: Int64) {
        spans &+= 1
        first = min(first, end)
        last = max(last, end)
        if row.parentID == 0 { roots.add(traceLow: row.traceLow, end: end) }
    }
}

/// The window's sources, by number, and what came from each. Number 0 is the overflow row, for sources that have no place.
package struct SourceTable: Sendable {
    private var names: NameTable<SourceLabels>
    private let services: ServiceNames
    private let configured: ConfiguredSampling
    /// By number.
    private var counts = [SourceCounts()]
    private var roles = [ServiceRole.other]
    private var configuredRatios: [Double?] = [nil]

    package static let overflow: UInt16 = 0

    /// - Parameter limit: sources besides the overflow row, at most 65,534: the highest 16-bit number marks a source
    ///   that isn't translated yet (`NameTranslation`).
    package init(limit: Int, services: ServiceNames = .usual, sampling: ConfiguredSampling = ConfiguredSampling()) {
        self.services = services
        configured = sampling
        names = NameTable(
            overflow: SourceLabels(cluster: "_other", service: "_other", instance: "_other"),
            limit: min(max(limit, 1), Int(UInt16.max) - 1), keptFor: [.apiServer, .etcd])
    }

    package var refusal: NameRefusal? { names.refusal }
    package var forgotten: Int { names.forgotten }
    /// By number.
    var labels: [SourceLabels] { names.labels }
    package var placesUse: NamePlacesUse { names.placesUse }
    /// Spans counted in the overflow row.
    package var overflowed: Int { counts[Int(Self.overflow)].spans }
    var isPressed: Bool { names.isPressed }

    /// The sources that have spans.
    package var seen: [(labels: SourceLabels, counts: SourceCounts, sampling: SamplingRatio?)] {
        let sampling = sampling
        return counts.indices.filter { counts[$0].spans > 0 }.map { (names.labels[$0], counts[$0], sampling[$0]) }
    }

    /// How the sources sample.
    package var sampling: WindowSampling {
        let ratios = counts.indices.map { number in
            configuredRatios[number].map { SamplingRatio(ratio: $0, source: .configured) } ?? counts[number].roots.ratio
        }
        return WindowSampling(ratios, roots: counts.map(\.roots.count), of: names.labels, roles)
    }

    /// The number of a source, by the key from `SpanBatch.withSourceKey`.
    mutating func number(key: RawSpan, salt: UInt32) -> UInt16 {
        let labels = SourceKey.withNames(key, salt: salt) {
            SourceLabels(cluster: $0.text, service: $1.text, instance: $2.text)
        }
        let number = names.number(labels) { [services] in
            (Self.claim(services.role(of: $0.service)), $0.service, $0.instance)
        }
        if number == counts.count {
            counts.append(SourceCounts())
            roles.append(.other)
            configuredRatios.append(nil)
        }
        if counts[Int(number)].spans == 0, number != Self.overflow {
            roles[Int(number)] = services.role(of: labels.service)
            configuredRatios[Int(number)] = configured.ratio(of: labels.service)
        }
        return number
    }

    /// Counts a span that ended at a time, Unix nanoseconds.
    @inline(__always)
    mutating func count(_ row: SpanRow, end: Int64) {
        counts[Int(row.source)].add(row, end: end)
    }

    /// Takes in what the tracestates of a source's roots say.
    mutating func add(_ thresholds: SamplingThresholds, of source: UInt16) {
        counts[Int(source)].roots.add(thresholds)
    }

    /// Forgets the sources whose spans all ended before a time, Unix nanoseconds.
    mutating func forget(endedBefore time: Int64) {
        let known = counts
        for number in names.forget(where: { known[$0].last < time }) { counts[number] = SourceCounts() }
    }

    private static func claim(_ role: ServiceRole) -> NameClaim {
        switch role {
        case .apiServer: .apiServer
        case .etcd: .etcd
        case .kubelet, .other: .other
        }
    }
}
