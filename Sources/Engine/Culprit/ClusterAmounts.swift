/// How much there is of each cluster in the slots before an interval: what is usual in one is learned whatever comes
/// from others.
struct ClusterAmounts {
    private let slots: [SlotView]
    private let beginning: Int64
    private let view: WindowView
    private let population: Population
    /// That of all spans, if they are of one cluster.
    private let only: BaselineAmount?
    private var known: [String: BaselineAmount] = [:]

    /// - Parameter beginning: of the time that is wanted, Unix nanoseconds.
    init(_ slots: [SlotView], since beginning: Int64, of view: WindowView, _ population: Population) {
        self.slots = slots
        self.beginning = beginning
        self.view = view
        self.population = population
        // The overflow row's name isn't a cluster's.
        let named = view.operations.dropFirst()
        let areMixed = named.contains { $0.cluster != named.first?.cluster }
        only = areMixed ? nil : BaselineAmount(slots, since: beginning)
    }

    /// - Parameter group: its series are of one cluster.
    mutating func of(_ group: GrowthGroup) -> BaselineAmount {
        if let only { return only }
        let cluster = view.cluster(ofSeries: group.series.first, population)
        if let amount = known[cluster] { return amount }
        let isWanted = view.operations.map { $0.cluster == cluster }
        let amount = BaselineAmount(slots, since: beginning) { $0.rowCount(where: isWanted) }
        known[cluster] = amount
        return amount
    }
}

extension SlotView {
    /// How many rows are of some operations, and how many of these are attributed.
    fileprivate func rowCount(where isWanted: [Bool]) -> (rows: Int, attributed: Int) {
        var rows = 0
        var rest = SlotRows(self)
        if let (counts, unsummarized) = rest.summarized(.spans) {
            for series in counts.series where series.number < isWanted.count && isWanted[series.number] {
                rows += series.tally.count
            }
            rest = unsummarized
        }
        rows += rest.count(where: isWanted)
        guard remembered == nil else { return (rows, rows) }
        guard let attribution else { return (rows, 0) }
        return (rows, rows - SlotRows(self, from: min(attribution.rowCount, count)).count(where: isWanted))
    }
}

extension SlotRows {
    fileprivate func count(where isWanted: [Bool]) -> Int {
        guard !rows.isEmpty else { return 0 }
        var sum = 0
        forEachBlock { columns, _, rows in
            for row in rows where isWanted[Int(columns.operation[row])] { sum += 1 }
        }
        return sum
    }
}
