/// How many spans or requests each received one stands for, on average over a range, by series.
package struct SeriesScales: Sendable {
    /// What was received, and what it stands for.
    private struct Sum {
        var count = 0.0
        var estimate = 0.0

        mutating func add(_ count: Int, weight: Double) {
            self.count += Double(count)
            estimate += Double(count) * weight
        }

        mutating func add(_ other: Sum) {
            count += other.count
            estimate += other.estimate
        }

        var mean: Double? { count > 0 ? estimate / count : nil }
    }

    /// By series: those that failed, and the others. A client that wants its traces kept may fail more often than others.
    private var sums: [(errors: Sum, others: Sum)]
    /// The scale of a series without spans in the range.
    private var usual: [SampleScale] = []

    /// - Parameter range: of span ends, Unix nanoseconds; nil for everything.
    fileprivate init(_ population: Population, in range: Range<Int64>?, of view: WindowView) {
        sums = Array(repeating: (Sum(), Sum()), count: view.seriesCount(population))
        if range != nil {
            let everything = SeriesScales(population, in: nil, of: view)
            usual = sums.indices.map { everything[$0] }
        }
        for slot in view.slots where range?.overlaps(slot.start..<slot.end) ?? true {
            guard let sampled = slot.attribution?.sampled else {
                add(slot, population)
                continue
            }
            for share in population == .spans ? sampled.spans : sampled.requests {
                add(Int(share.series), areErrors: share.areErrors, share.count, view.sampling.weight(share.decider))
            }
        }
    }

    /// Adds a slot of which all came.
    private mutating func add(_ slot: SlotView, _ population: Population) {
        if population == .requests {
            guard let attribution = slot.attribution else { return }
            for (number, request) in attribution.requests.enumerated() {
                let flags = SpanFlags(rawValue: attribution.durations.flags[number])
                add(Int(request.series), areErrors: flags.isError, 1, 1)
            }
        } else {
            slot.forEachBlock { columns, rows in
                for row in 0..<rows {
                    let isError = SpanFlags(rawValue: columns.flags[row]).isError
                    add(Int(columns.operation[row]), areErrors: isError, 1, 1)
                }
            }
        }
    }

    @inline(__always)
    private mutating func add(_ series: Int, areErrors: Bool, _ count: Int, _ weight: Double) {
        if areErrors {
            sums[series].errors.add(count, weight: weight)
        } else {
            sums[series].others.add(count, weight: weight)
        }
    }

    package subscript(series: Int) -> SampleScale {
        scale(of: CollectionOfOne(series)) ?? (series < usual.count ? usual[series] : SampleScale())
    }

    /// The scale of several series together; nil without spans.
    package func scale(of series: some Sequence<Int>) -> SampleScale? {
        var (errors, others) = (Sum(), Sum())
        for series in series {
            errors.add(sums[series].errors)
            others.add(sums[series].others)
        }
        guard let one = errors.mean ?? others.mean else { return nil }
        return SampleScale(errors: errors.mean ?? one, others: others.mean ?? one)
    }
}

/// How many spans or requests one stands for.
package struct SampleScale: Sendable {
    private let errors: Double
    private let others: Double

    package init(errors: Double = 1, others: Double = 1) {
        self.errors = errors
        self.others = others
    }

    /// How many there were, given those that arrived, some of which failed.
    package func estimate(_ count: Int, errors: Int) -> Double {
        Double(errors) * self.errors + Double(count - errors) * others
    }
}

extension WindowView {
    /// The scales of spans or requests; nil if no source is known to leave out traces. Slots without attribution count
    /// as if all of their spans had arrived.
    ///
    /// - Parameter range: of span ends, Unix nanoseconds; nil for everything.
    package func scales(_ population: Population, in range: Range<Int64>? = nil) -> SeriesScales? {
        sampling.isSampled ? SeriesScales(population, in: range, of: self) : nil
    }
}
