/// What is usual for a group.
struct UsualGrowth {
    struct Stretch {
        /// Unix nanoseconds.
        let end: Int64
        let statistics: StretchStatistics
    }

    let durations: UsualDurations
    /// What the durations were learned from.
    let amount: BaselineAmount
    private var stretches: [Stretch] = []
    private(set) var baseline = GrowthBaseline([])
    /// Until when stretches are known, Unix nanoseconds.
    private(set) var end = Int64.min

    init(
        _ durations: UsualDurations = UsualDurations(), learnedFrom amount: BaselineAmount = BaselineAmount()
    ) {
        self.durations = durations
        self.amount = amount
    }

    /// Without the amount, which most groups share.
    var byteCount: Int {
        MemoryLayout<Self>.stride + stretches.capacity * MemoryLayout<Stretch>.stride + durations.byteCount
    }

    /// - Parameter added: in order of time.
    mutating func extend(_ added: [Stretch], in range: Range<Int64>) {
        stretches.removeAll { $0.end <= range.lowerBound }
        stretches += added
        end = range.upperBound
        baseline = GrowthBaseline(stretches.map(\.statistics))
    }
}

/// How much a baseline consists of.
struct BaselineAmount: Equatable {
    private struct Slot: Equatable {
        /// Unix nanoseconds.
        let start: Int64
        let rows: Int
        let attributed: Int
    }

    /// In order of time.
    private var slots: [Slot] = []
    /// Whether the window has all of it.
    private var isWhole = false

    init() {}

    /// - Parameters:
    ///   - beginning: of the time that is wanted, Unix nanoseconds.
    ///   - count: counts a slot's rows and the attributed ones among them.
    init(
        _ slots: [SlotView], since beginning: Int64,
        _ count: (SlotView) -> (rows: Int, attributed: Int)
    ) {
        self.slots = slots.compactMap {
            let (rows, attributed) = count($0)
            return rows > 0 ? Slot(start: $0.start, rows: rows, attributed: attributed) : nil
        }
        isWhole = self.slots.first.map { $0.start <= beginning } ?? false
    }

    /// Counts all rows.
    init(_ slots: [SlotView], since beginning: Int64) {
        self.init(slots, since: beginning) { slot in
            if let remembered = slot.remembered?.spans.rowCount { return (remembered, remembered) }
            return (slot.count, slot.attribution?.rowCount ?? 0)
        }
    }

    /// Whether what was learned from this no longer holds, because half as many durations have arrived since, or many
    /// of them late. While the window is filling, what is usual isn't known well, and an eighth is enough.
    func isOutdated(by now: BaselineAmount) -> Bool {
        isOutdated(by: now) { $0.rows } || isOutdated(by: now) { $0.attributed }
    }

    private func isOutdated(by now: BaselineAmount, _ count: (Slot) -> Int) -> Bool {
        let total = slots.reduce(0) { $0 + count($1) }
        var (late, new) = (0, 0)
        var rest = slots[...]
        for slot in now.slots {
            rest = rest.drop { $0.start < slot.start }
            if let known = rest.first, known.start == slot.start {
                late += max(count(slot) - count(known), 0)
            } else {
                new += count(slot)
            }
        }
        return late > total / 8 || new > total / (isWhole ? 2 : 8)
    }
}

/// Which amounts are outdated; most groups of a cluster have learned from the same one.
struct OutdatedAmounts {
    private var judged: [(amount: BaselineAmount, now: BaselineAmount, isOutdated: Bool)] = []

    mutating func contains(_ amount: BaselineAmount, by now: BaselineAmount) -> Bool {
        if let known = judged.first(where: { $0.amount == amount && $0.now == now }) { return known.isOutdated }
        let isOutdated = amount.isOutdated(by: now)
        judged.append((amount, now, isOutdated))
        return isOutdated
    }
}
