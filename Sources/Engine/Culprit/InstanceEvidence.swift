extension WindowView {
    /// A verdict that names the instance, if it is about durations and one of several instances is slow.
    func naming(
        _ verdict: Verdict, _ evidence: Evidence, requests series: [Int32]?, ofCluster cluster: String,
        _ comparison: Comparison, _ components: ComponentTable
    ) -> Verdict {
        guard let component = verdict.component, verdict.instance == nil, verdict.basis != .other,
            component == .etcd ? evidence.hasSeveralEtcds : evidence.hasSeveralAPIServers
        else { return verdict }
        var isWanted = requests.map { $0.cluster == cluster }
        if verdict.basis == .kinds, let series {
            let asked = Set(series)
            for number in isWanted.indices where !asked.contains(Int32(number)) { isWanted[number] = false }
        }
        let roles = operations.map { $0.cluster == cluster ? EvidenceGathering.role($0, components) : .none }
        let meters = InstanceMeters(component, roles: roles, isWanted: isWanted, sources: sources.count)
        return measure(meters, comparison).name(verdict, sources)
    }
}

/// Compares the instances of a process with one another, to find those whose durations grew.
struct InstanceMeters: ComparingMeters {
    private struct Instance {
        let source: Int
        var meter = GrowthMeter()
    }

    private let component: Component
    /// By operation.
    private let roles: [EvidenceGathering.Role]
    /// By request series, whether the question is about it.
    private let isWanted: [Bool]
    /// By source: its place among `instances`, or -1.
    private var places: [Int]
    private var instances: [Instance] = []
    /// Of all instances until the interval: an instance that is new in the interval is compared with this, as after a
    /// restart under another name.
    private var common = GrowthMeter()

    /// More instances aren't compared, so that invented names take no memory.
    private static let instancesMax = 32
    /// If others got slower too, an instance is named only if it grew this many times as much.
    private static let distinct = 3.0

    init(_ component: Component, roles: [EvidenceGathering.Role], isWanted: [Bool], sources: Int) {
        self.component = component
        self.roles = roles
        self.isWanted = isWanted
        places = Array(repeating: -1, count: sources)
    }

    mutating func learned() {
        common.learned()
        for place in instances.indices { instances[place].meter.learned() }
    }

    mutating func add(_ slot: SlotView, _ pass: EvidenceMeters.Pass) {
        switch component {
        case .etcd: addHandlers(slot, pass)
        case .etcdClient: addCalls(slot, pass)
        case _ where Component.ownWork.contains(component): addOwnWork(slot, pass)
        default: addParts(slot, pass)
        }
    }

    private mutating func addHandlers(_ slot: SlotView, _ pass: EvidenceMeters.Pass) {
        slot.forEachBlock { columns, count in
            for row in 0..<count {
                let operation = Int(columns.operation[row])
                guard roles[operation] == .etcd else { continue }
                add(columns.bucket[row], series: operation, of: columns.source[row], pass)
            }
        }
    }

    private mutating func addCalls(_ slot: SlotView, _ pass: EvidenceMeters.Pass) {
        guard let attribution = slot.attribution else { return }
        SlotRows(slot).forEachBlock { columns, first, rows in
            for row in rows where first + row < attribution.rowCount {
                let operation = Int(columns.operation[row])
                guard roles[operation] == .etcdCall, let selfTime = attribution.selfTimes[first + row] else { continue }
                add(LatencyBucket.shared.code(selfTime), series: operation, of: columns.source[row], pass)
            }
        }
    }

    private mutating func addOwnWork(_ slot: SlotView, _ pass: EvidenceMeters.Pass) {
        for request in slot.attribution?.requests ?? [] where isWanted[Int(request.series)] {
            let source = slot.row(Int(request.row)).source
            add(request.ownBucket, series: Int(request.series), of: source, pass)
        }
    }

    private mutating func addParts(_ slot: SlotView, _ pass: EvidenceMeters.Pass) {
        guard let attribution = slot.attribution else { return }
        let requests = attribution.requests
        for (index, request) in requests.enumerated() where isWanted[Int(request.series)] {
            let end = index + 1 < requests.count ? Int(requests[index + 1].firstPart) : attribution.parts.count
            for part in Int(request.firstPart)..<end {
                let number = Int(attribution.parts.series[part]) % ComponentTable.countMax
                guard number == Int(component.number) else { continue }
                let source = slot.row(Int(request.row)).source
                add(attribution.parts.buckets[part], series: Int(request.series), of: source, pass)
            }
        }
    }

    private mutating func add(_ code: UInt16, series: Int, of source: UInt16, _ pass: EvidenceMeters.Pass) {
        // Sources without a place of their own aren't an instance.
        guard source != SourceTable.overflow, places.indices.contains(Int(source)) else { return }
        let isOfInterval = if case .comparing(stretch: nil) = pass { true } else { false }
        if !isOfInterval { common.add(code, series, pass) }
        if places[Int(source)] < 0 {
            guard instances.count < Self.instancesMax else { return }
            places[Int(source)] = instances.count
            instances.append(Instance(source: Int(source), meter: isOfInterval ? common : GrowthMeter()))
        }
        instances[places[Int(source)]].meter.add(code, series, pass)
    }

    /// Adds to a verdict which instance it is about, if that is known.
    func name(_ verdict: Verdict, _ sources: [SourceLabels]) -> Verdict {
        let growths = instances.map { (labels: sources[$0.source], growth: $0.meter.growth) }
            .filter { $0.growth.isCompared || $0.growth.timesOfFew != nil }
        guard growths.count > 1 else { return verdict }
        let slow = growths.filter { Self.isSlow($0.growth) }
        guard let slowest = slow.max(by: { $0.growth.greatest < $1.growth.greatest }) else { return verdict }
        let of = component == .etcd ? "members" : "API servers"
        var named = verdict
        let others = slow.filter { $0.labels != slowest.labels }
        if others.allSatisfy({ Self.distinct * $0.growth.greatest <= slowest.growth.greatest }) {
            guard !slowest.labels.instance.isEmpty else { return verdict }
            named.instance = slowest.labels.instance
            let which = others.isEmpty ? "only" : "above all"
            let name = VerdictText.printable(slowest.labels.instance)
            named.why += "; of \(growths.count) \(of) \(which) \(name)"
        } else {
            named.why +=
                slow.count == growths.count
                ? "; in all \(slow.count) \(of)" : "; in \(slow.count) of \(growths.count) \(of)"
        }
        return named
    }

    private static func isSlow(_ growth: Growth) -> Bool { growth.trend == .grew || growth.timesOfFew != nil }
}
