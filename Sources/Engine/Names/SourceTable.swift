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

extension SourceLabels {
    /// The labels of a key, see `SourceKey`.
    init(_ key: RawSpan, salt: UInt32) {
        self = SourceKey.withNames(key, salt: salt) {
            SourceLabels(cluster: $0.text, service: $1.text, instance: $2.text)
        }
    }
}

/// What came from a source since the start.
package struct SourceCounts: Equatable, Sendable {
    /// Accepted spans.
    package fileprivate(set) var spans = 0
    /// Of these, those that came after the time of their end had been evaluated.
    package fileprivate(set) var late = 0
    /// The longest time between the end of a late one and its arrival, nanoseconds; 0 if none was late.
    package fileprivate(set) var lateness: Int64 = 0
    /// The earliest and the latest span end, Unix nanoseconds.
    package fileprivate(set) var first = Int64.max
    package fileprivate(set) var last = Int64.min
    package fileprivate(set) var dialects = AttributeDialects()
    /// The latest version that it says to have; nil if it says none.
    package fileprivate(set) var version: String?
    fileprivate var roots = RootSampling()
    /// Of a member of etcd: how many spans it has of traces that began in API servers, by the number of these.
    fileprivate var answered: [UInt16: Int] = [:]
    /// How far its clock is ahead of the API servers', nanoseconds; nil while nothing is known.
    fileprivate var clockOffset: Int64?

    /// Corrects what the spans before the discovery have left: the latest ended by the clock that is now known to be off. With an
    /// offset that only changes, the first ones were corrected already.
    fileprivate mutating func found(clockOffset offset: Int64) {
        let change = offset - (clockOffset ?? 0)
        let isNew = clockOffset == nil
        clockOffset = offset
        guard spans > 0 else { return }
        if isNew { first -= change }
        // Spans by a clock that was set back have moved nothing.
        if isNew || change > 0 { last = max(last - change, first) }
    }

    @inline(__always)
    fileprivate mutating func add(_ row: SpanRow, end: Int64) {
        spans &+= 1
        first = min(first, end)
        last = max(last, end)
        if row.parentID == 0 { roots.add(traceLow: row.traceLow, end: end) }
    }
}

/// A source that has spans.
package struct SeenSource: Sendable {
    package let labels: SourceLabels
    package let counts: SourceCounts
    /// nil while nothing is known.
    package let sampling: SamplingRatio?
    /// How far its clock is ahead of the API servers', nanoseconds; nil while nothing is known.
    package let clockOffset: Int64?
    package let role: ServiceRole
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

    static let overflow: UInt16 = 0

    /// - Parameter limit: sources besides the overflow row, at most 65,534: the highest 16-bit number marks a source
    ///   that isn't translated yet (`NameTranslation`).
    init(limit: Int, services: ServiceNames = .usual, sampling: ConfiguredSampling = ConfiguredSampling()) {
        self.services = services
        configured = sampling
        names = NameTable(
            overflow: SourceLabels(cluster: "_other", service: "_other", instance: "_other"),
            limit: min(max(limit, 1), Int(UInt16.max) - 1), keptFor: [.apiServer, .etcd])
    }

    package var overflow: NameOverflow? { names.overflow }
    package var forgotten: Int { names.forgotten }
    /// By number.
    var labels: [SourceLabels] { names.labels }
    package var placesUse: NamePlacesUse { names.placesUse }
    /// Spans counted in the overflow row.
    package var overflowed: Int { counts[Int(Self.overflow)].spans }
    var isPressed: Bool { names.isPressed }
    /// How many spans of each came late, by number.
    var late: [Int] { counts.map(\.late) }

    /// The sources that have spans.
    package var seen: [SeenSource] {
        let sampling = sampling
        let compared = Set(counts.indices.filter { counts[$0].clockOffset != nil }.map { names.labels[$0].cluster })
        return counts.indices.filter { counts[$0].spans > 0 }.map { number in
            // Other clocks are compared with those of the API servers.
            let isReference = roles[number] == .apiServer && compared.contains(names.labels[number].cluster)
            return SeenSource(
                labels: names.labels[number], counts: counts[number], sampling: sampling[number],
                clockOffset: counts[number].clockOffset ?? (isReference ? 0 : nil), role: roles[number])
        }
    }

    /// How the sources sample.
    var sampling: WindowSampling {
        let ratios = counts.indices.map { number in
            configuredRatios[number].map { SamplingRatio(ratio: $0, source: .configured) } ?? counts[number].roots.ratio
        }
        return WindowSampling(
            ratios, roots: counts.map(\.roots.count), answered: counts.map(\.answered), of: names.labels, roles)
    }

    /// Counts whose requests etcd's members answered.
    mutating func count(_ members: [SampledCounts.MemberShare]) {
        for share in members {
            guard case .root(let caller) = share.decider, roles[Int(caller)] == .apiServer else { continue }
            counts[Int(share.source)].answered[caller, default: 0] += share.count
        }
    }

    /// The number of a source, by the key from `SpanBatch.withSourceKey`.
    mutating func number(key: RawSpan, salt: UInt32) -> UInt16 {
        let labels = SourceLabels(key, salt: salt)
        let number = names.number(labels) { [services] in
            (NameOwner(claim: Self.claim(services.role(of: $0.service)), name: $0.service), $0.instance)
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

    /// Counts a span, already counted as one of a source's, as late by the time since its end, nanoseconds.
    mutating func countLate(_ source: UInt16, by lateness: Int64) {
        counts[Int(source)].late += 1
        counts[Int(source)].lateness = max(counts[Int(source)].lateness, lateness)
    }

    /// How far the clock of a source is ahead, nanoseconds.
    @inline(__always)
    func clockOffset(_ source: UInt16) -> Int64 { counts[Int(source)].clockOffset ?? 0 }

    mutating func set(clockOffset offset: Int64, of source: UInt16) { counts[Int(source)].found(clockOffset: offset) }

    /// Sets how far clocks are ahead, nanoseconds.
    mutating func set(clockOffsets offsets: [SourceLabels: Int64]) {
        for number in counts.indices { counts[number].clockOffset = offsets[names.labels[number]] }
    }

    /// Adds what a batch says about a source.
    mutating func add(_ notes: SourceNotes, of source: UInt16) {
        counts[Int(source)].roots.add(notes.thresholds)
        counts[Int(source)].dialects.add(notes.dialects)
        counts[Int(source)].version = SourceNotes.later(counts[Int(source)].version, notes.version)
    }

    /// Forgets the sources whose spans all ended before a time, Unix nanoseconds.
    ///
    /// - Returns: their numbers.
    mutating func forget(endedBefore time: Int64) -> [Int] {
        let known = counts
        let forgotten = names.forget(where: { known[$0].last < time })
        for number in forgotten { counts[number] = SourceCounts() }
        for number in counts.indices where !counts[number].answered.isEmpty {
            for other in forgotten { counts[number].answered[UInt16(truncatingIfNeeded: other)] = nil }
        }
        return forgotten
    }

    private static func claim(_ role: ServiceRole) -> NameClaim {
        switch role {
        case .apiServer: .apiServer
        case .etcd: .etcd
        case .kubelet, .other: .other
        }
    }
}

/// Which spelling of the semantic conventions' attributes spans use. No `OptionSet`: its generic code isn't specialized for
/// other modules, and this is noted for each span.
@usableFromInline
package struct AttributeDialects: Hashable, Sendable {
    @usableFromInline var bits: UInt8

    @inlinable @inline(__always) package init() { bits = 0 }

    @inlinable @inline(__always) init(bits: UInt8) { self.bits = bits }

    @inlinable @inline(__always) package mutating func add(_ more: AttributeDialects) { bits |= more.bits }

    @inlinable @inline(__always) var isEmpty: Bool { bits == 0 }

    @inlinable @inline(__always) func isSubset(of other: AttributeDialects) -> Bool { bits & ~other.bits == 0 }

    /// `http.method`, `http.status_code`, `http.target`, `rpc.grpc.status_code`.
    @inlinable @inline(__always) package static var older: AttributeDialects { AttributeDialects(bits: 1) }
    /// `http.request.method`, `http.response.status_code`, `url.path`, `url.query`, `rpc.response.status_code`.
    @inlinable @inline(__always) package static var newer: AttributeDialects { AttributeDialects(bits: 2) }

    /// `older`, `newer` or `mixed`; nil while no span had any of these attributes.
    package var name: String? {
        switch bits {
        case 0: nil
        case Self.older.bits: "older"
        case Self.newer.bits: "newer"
        default: "mixed"
        }
    }
}

/// What a batch says about a source besides its spans.
struct SourceNotes: Equatable, Sendable {
    var thresholds = SamplingThresholds()
    var dialects = AttributeDialects()
    private(set) var version: String?

    mutating func add(_ more: SourceNotes) {
        thresholds.add(more.thresholds)
        dialects.add(more.dialects)
        version = Self.later(version, more.version)
    }

    mutating func note(version text: RawSpan) {
        if var version, version.withUTF8({ unsafe ByteHash.equal($0.span.bytes, text) }) { return }
        version = Self.later(version, text.text)
    }

    /// The later of two versions, such as v1.31.10 of that and v1.31.9, whatever their order.
    static func later(_ one: String?, _ other: String?) -> String? {
        guard let one, let other, one != other else { return one ?? other }
        func numbers(_ text: String) -> [Int] {
            text.split { !$0.isASCII || !$0.isNumber }.map { Int($0) ?? .max }
        }
        let (first, second) = (numbers(one), numbers(other))
        return first == second ? max(one, other) : first.lexicographicallyPrecedes(second) ? other : one
    }
}
