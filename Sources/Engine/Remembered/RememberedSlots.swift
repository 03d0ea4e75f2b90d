import Support

/// Slots that an earlier process counted, so that a restart doesn't forget what is usual. They have no spans; only
/// comparisons with what is usual read them.
package struct RememberedSlots: Sendable {
    private struct Names: Equatable {
        let operations: NameBirths
        let requests: NameBirths

        init(_ view: WindowView) { (operations, requests) = (view.operationBirths, view.requestBirths) }
    }

    /// In order of time.
    private var records: [SlotRecord]
    /// By component number.
    private let components: [String]
    /// The records under the numbers of a view, and the names that these stood for.
    private var numbered: (slots: [SlotView], names: Names, byteCount: Int)?

    /// How long records are kept: as long as a baseline goes back, and half as long again for the incidents that it
    /// leaves out. Nanoseconds.
    package static let reach = WindowView.culpritBaseline * 3 / 2

    /// - Parameters:
    ///   - records: at most one of each slot.
    ///   - components: their names, by component number.
    package init(_ records: [SlotRecord] = [], components: [String] = []) {
        self.records = records.sorted { $0.start < $1.start }
        self.components = components
    }

    /// Adds the slots to a view, if they are older than its own.
    package mutating func attach(to view: inout WindowView) {
        guard !records.isEmpty, let first = view.slots.first, let last = view.slots.last else { return }
        let oldest = last.end.subtractingSaturating(Self.reach)
        if let record = records.first, record.end <= oldest || numbered?.names != Names(view) {
            records.removeAll { $0.end <= oldest || $0.end > first.start }
            let numbers = SlotNumbers(view, components: components)
            let slots = records.map { SlotView(remembered: $0, numbers) }
            let bytes = zip(records, slots).reduce(0) { $0 + $1.0.byteCount + $1.1.countsByteCount }
            numbered = (slots, Names(view), bytes)
        }
        view.remembered = numbered?.slots ?? []
        view.rememberedByteCount = numbered?.byteCount ?? 0
    }
}

/// The numbers that labels have in a view.
private struct SlotNumbers {
    private let operations: [OperationLabels: Int]
    private let requests: [RequestLabels: Int]
    private let components: [String]

    init(_ view: WindowView, components: [String]) {
        func numbers<Labels: Hashable>(_ labels: [Labels], _ births: NameBirths) -> [Labels: Int] {
            let named = labels.indices.filter { !births.isVacant($0) }.map { (labels[$0], $0) }
            return Dictionary(named) { first, _ in first }
        }
        operations = numbers(view.operations, view.operationBirths)
        requests = numbers(view.requests, view.requestBirths)
        self.components = components
    }

    /// The number of a record's series; nil if the view doesn't know it.
    func number(of key: SeriesKey, in record: SlotRecord) -> Int? {
        switch Population(rawValue: key.population) {
        case .spans, .selfTimes: record.operations[key.series].flatMap { operations[$0] }
        case .requests: record.requests[key.series].flatMap { requests[$0] }
        case .parts: part(key.series, in: record)
        case nil: nil
        }
    }

    private func part(_ series: Int, in record: SlotRecord) -> Int? {
        let (request, component) = series.quotientAndRemainder(dividingBy: ComponentTable.countMax)
        guard component < record.components.count,
            let number = components.firstIndex(of: record.components[component]),
            let known = record.requests[request].flatMap({ requests[$0] })
        else { return nil }
        return known * ComponentTable.countMax + number
    }
}

extension SlotView {
    fileprivate init(remembered record: SlotRecord, _ numbers: SlotNumbers) {
        func counts(_ block: HistoryBlock, _ population: Population) -> SeriesCounts {
            block.counts(of: population.rawValue) { numbers.number(of: $0, in: record) }
        }
        self.init(
            remembered: record.start, SlotSummary(rowCount: record.rows, spans: counts(record.counts, .spans)),
            AttributionSummary(
                requests: counts(record.counts, .requests), selfTimes: counts(record.counts, .selfTimes),
                parts: counts(record.counts, .parts), buckets: SelfTimeBuckets(SelfTimes(rows: 0)),
                ownWork: OwnWork(
                    all: counts(record.ownWork, .requests),
                    withoutEtcd: counts(record.ownWorkWithoutEtcd, .requests))))
    }
}
