import TestSupport

/// The k-th of so many has a share in proportion to 1/k (Zipf's law), as names in a cluster roughly have.
struct ZipfDistribution {
    /// Of all up to each, not divided by their sum.
    private var cumulative: [Double] = []

    init(count: Int) {
        var sum = 0.0
        for rank in 1...count {
            sum += 1 / Double(rank)
            cumulative.append(sum)
        }
    }

    /// From 0 on, the most frequent first.
    func next(using random: inout SeededGenerator) -> Int {
        let drawn = Double.random(in: 0..<(cumulative.last ?? 1), using: &random)
        return cumulative.firstIndex { drawn < $0 } ?? 0
    }
}
