/// Compares durations of an interval with those of its baseline.
protocol ComparingMeters {
    mutating func add(_ slot: SlotView, _ pass: EvidenceMeters.Pass)
    /// Ends the first pass.
    mutating func learned()
}

/// Compares the time that only one process can have spent, and what the API server waits for on behalf of requests.
struct EvidenceMeters: ComparingMeters, Sendable {
    /// Where the durations of a slot belong.
    enum Pass {
        /// To what is usual: the first pass over the baseline.
        case learning
        /// To a stretch of the baseline, or to the interval if nil.
        case comparing(stretch: Int?)
    }

    /// etcd's own handlers.
    private var etcd = GrowthMeter()
    /// Calls to etcd beyond its handlers.
    private var connection = GrowthMeter()
    /// The API server's own work on a request.
    private var ownWork = GrowthMeter()
    /// The same for requests that never reach etcd.
    private var ownWorkWithoutEtcd = GrowthMeter()
    /// Parts of requests, by component.
    private var parts = [GrowthMeter](repeating: GrowthMeter(), count: ComponentTable.countMax)
    private var times = ComponentTimes()
    private let roles: [EvidenceGathering.Role]
    /// By request series.
    private let isWanted: [Bool]

    /// - Parameters:
    ///   - roles: by operation; empty if the question is about requests only, not about processes as a whole.
    ///   - isWanted: by request series, whether the question is about it.
    init(_ roles: [EvidenceGathering.Role], isWanted: [Bool]) {
        self.roles = roles
        self.isWanted = isWanted
    }

    mutating func learned() {
        etcd.learned()
        connection.learned()
        ownWork.learned()
        ownWorkWithoutEtcd.learned()
        for number in parts.indices { parts[number].learned() }
    }

    mutating func add(_ slot: SlotView, _ pass: Pass) {
        addSpans(slot, pass)
        addRequests(slot, pass)
        addParts(slot, pass)
        guard case .comparing(let stretch) = pass else { return }
        times.addSlot(slot, isNow: stretch == nil)
        etcd.endSlot()
        connection.endSlot()
        ownWork.endSlot()
        ownWorkWithoutEtcd.endSlot()
        for number in parts.indices { parts[number].endSlot() }
    }

    private mutating func addSpans(_ slot: SlotView, _ pass: Pass) {
        guard !roles.isEmpty else { return }
        slot.forEachCells(of: .spans, where: { roles[$0] == .etcd }) { etcd.add($1, $0, pass) }
        slot.forEachCells(of: .selfTimes, where: { roles[$0] == .etcdCall }) { connection.add($1, $0, pass) }
    }

    private mutating func addRequests(_ slot: SlotView, _ pass: Pass) {
        if let summary = slot.attributionSummary { return addRequests(summary, pass) }
        guard let attribution = slot.attribution else { return }
        for request in attribution.requests {
            let series = Int(request.series)
            guard isWanted[series] else { continue }
            ownWork.add(request.ownBucket, series, pass)
            if !request.reachesEtcd { ownWorkWithoutEtcd.add(request.ownBucket, series, pass) }
            switch pass {
            case .learning: break
            case .comparing(let stretch): times.addRequests(1, series: series, isNow: stretch == nil)
            }
        }
    }

    private mutating func addRequests(_ summary: AttributionSummary, _ pass: Pass) {
        summary.ownWork.all.forEachCells(where: { isWanted[$0] }) { ownWork.add($1, $0, pass) }
        summary.ownWork.withoutEtcd.forEachCells(where: { isWanted[$0] }) { ownWorkWithoutEtcd.add($1, $0, pass) }
        guard case .comparing(let stretch) = pass else { return }
        for series in summary.requests.series where isWanted[series.number] {
            times.addRequests(series.tally.count, series: series.number, isNow: stretch == nil)
        }
    }

    private mutating func addParts(_ slot: SlotView, _ pass: Pass) {
        slot.forEachCells(of: .parts, where: { isWanted[$0 / ComponentTable.countMax] }) { series, cells in
            let (request, component) = series.quotientAndRemainder(dividingBy: ComponentTable.countMax)
            parts[component].add(cells, request, pass)
        }
        guard case .comparing(let stretch) = pass else { return }
        slot.forEachPartSum { series, sum in
            guard isWanted[series / ComponentTable.countMax] else { return }
            times.addParts(series: series, sum: sum, isNow: stretch == nil)
        }
    }

    func report(to evidence: inout Evidence) {
        evidence.etcd = etcd.growth
        evidence.connection = connection.growth
        evidence.ownWork = ownWork.growth
        evidence.ownWorkWithoutEtcd = ownWorkWithoutEtcd.growth
        evidence.parts = parts.map(\.growth)
        evidence.excess = times.excess
        evidence.components = times.growth
        evidence.flow = times.flow
        evidence.newWork = times.newWork
        (evidence.requestCount, evidence.requestCountBefore) = (times.requestCount, times.requestCountBefore)
    }
}

extension GrowthMeter {
    @inline(__always)
    mutating func add(_ cells: Span<SeriesCounts.Cell>, _ series: Int, _ pass: EvidenceMeters.Pass) {
        switch pass {
        case .learning: learn(cells, series: series)
        case .comparing(let stretch): add(cells, series: series, stretch: stretch)
        }
    }

    /// Adds a single duration.
    @inline(__always)
    mutating func add(_ code: UInt16, _ series: Int, _ pass: EvidenceMeters.Pass) {
        let one: InlineArray<1, SeriesCounts.Cell> = [SeriesCounts.Cell(code: code, count: 1)]
        add(one.span, series, pass)
    }
}
