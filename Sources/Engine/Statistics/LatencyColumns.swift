/// The columns of a `LatencyTable`: each a run of neighbouring latency buckets. The cells of a line are neighbours.
///
/// Cells are numbered by line × `count` + bucket code >> `shift`, so that a scan has nothing to subtract: the first of
/// them belong to no line.
struct LatencyColumns {
    /// Columns of a line.
    let count: Int
    /// A column is 2 to the power of this of buckets.
    let shift: UInt16
    /// No duration in any of the buckets is longer, nanoseconds.
    let longest: Int64
    /// The least bucket code, shifted.
    private let first: Int

    init(of slots: [SlotView], _ population: Population, lines: Int) {
        let ranges = slots.compactMap { $0.buckets(of: population) }
        let least = Int(ranges.map(\.lowerBound).min() ?? 0)
        let greatest = Int(ranges.map(\.upperBound).max() ?? 0)
        longest = LatencyBucket.shared.upperBound(greatest)
        // A table of more cells than spans would cost more than the scans: its columns are made coarser, and the second
        // scan collects a little more.
        let rows = slots.reduce(0) { $0 + $1.count }
        var shift: UInt16 = 0
        while shift < 6, lines * (greatest - least) >> Int(shift) > rows { shift += 1 }
        self.shift = shift
        first = least >> Int(shift)
        count = max(greatest >> Int(shift) - first + 1, 1)
    }

    /// The cells of a line.
    func cells(_ line: Int) -> Range<Int> {
        let start = line * count + first
        return start..<start + count
    }

    /// All cells of that many lines, and those before them.
    func cellCount(lines: Int) -> Int { lines * count + first }
}

extension SlotView {
    /// The least and the greatest bucket code of what a population measures; nil without any.
    fileprivate func buckets(of population: Population) -> ClosedRange<UInt16>? {
        let (least, greatest): (UInt16, UInt16)
        switch population {
        case .spans, .requests:
            (least, greatest) = (bucketMin, bucketMax)
        case .selfTimes:
            guard let attribution else { return nil }
            (least, greatest) = (min(bucketMin, LatencyBucket.shared.code(attribution.selfTimes.least)), bucketMax)
        case .parts:
            guard let attribution else { return nil }
            (least, greatest) = (attribution.parts.bucketMin, attribution.parts.bucketMax)
        }
        return least <= greatest ? least...greatest : nil
    }
}
