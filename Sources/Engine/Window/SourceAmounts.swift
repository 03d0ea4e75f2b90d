/// What a source sent in a range of time.
package struct SourceAmount: Equatable, Sendable {
    package private(set) var spans = 0
    /// The earliest and the latest span end, Unix nanoseconds.
    package private(set) var first = Int64.max
    package private(set) var last = Int64.min

    @inline(__always)
    fileprivate mutating func add(end: Int64) {
        spans &+= 1
        first = min(first, end)
        last = max(last, end)
    }
}

extension WindowView {
    /// The sources whose spans in the window ended in a range.
    ///
    /// - Parameter range: Unix nanoseconds.
    package func sourceAmounts(in range: Range<Int64>) -> [SourceLabels: SourceAmount] {
        var amounts = [SourceAmount](repeating: SourceAmount(), count: sources.count)
        for slot in slots where slot.start < range.upperBound && slot.end > range.lowerBound {
            slot.forEachBlock { columns, count in
                for row in 0..<count {
                    let end = columns.start[row] &+ columns.duration[row]
                    guard range.contains(end) else { continue }
                    amounts[Int(columns.source[row])].add(end: end)
                }
            }
        }
        let pairs = zip(sources, amounts).filter { $0.1.spans > 0 }
        return Dictionary(pairs) { first, _ in first }
    }
}
