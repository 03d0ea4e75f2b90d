/// The window's clusters, by the number that its spans carry in `SpanFlags`. Spans of further clusters count together.
package struct ClusterTable: Sendable {
    /// By number; nil if the number is vacant.
    private var names: [String?] = [""]
    private var numberOfName: [String: UInt8] = [:]
    /// The latest span end of each cluster, Unix nanoseconds.
    private var lastEnds = [Int64](repeating: .min, count: 1 << SpanFlags.numberBits)
    private var hasOverflowed = false
    /// Spans of clusters that have no number.
    package private(set) var overflowed = 0

    /// Spans without the name of a cluster.
    static let unnamed: UInt8 = 0
    /// Spans of clusters beyond the limit.
    static let overflow = UInt8(1 << SpanFlags.numberBits - 1)
    static let overflowName = "_other"
    /// Named clusters at a time.
    static let limit = Int(overflow) - 1

    /// Whether it pays to forget clusters.
    var isPressed: Bool { hasOverflowed }

    /// The number of a cluster; `overflow` if all are taken.
    mutating func number(_ name: String) -> UInt8 {
        if name.isEmpty { return Self.unnamed }
        if let known = numberOfName[name] { return known }
        let free = names.firstIndex(of: nil) ?? names.count
        guard free <= Self.limit else {
            hasOverflowed = true
            return Self.overflow
        }
        if free == names.count { names.append(name) } else { names[free] = name }
        numberOfName[name] = UInt8(free)
        return UInt8(free)
    }

    /// The name that stands in labels: that of clusters beyond the limit is `_other`.
    mutating func label(_ name: String) -> String { number(name) == Self.overflow ? Self.overflowName : name }

    /// Counts a span by its end, Unix nanoseconds.
    mutating func count(_ cluster: UInt8, end: Int64) {
        lastEnds[Int(cluster)] = max(lastEnds[Int(cluster)], end)
        if cluster == Self.overflow { overflowed += 1 }
    }

    /// Forgets the clusters whose spans all ended before a time, Unix nanoseconds.
    mutating func forget(endedBefore time: Int64) {
        hasOverflowed = false
        for number in 1..<max(names.count, 1) where lastEnds[number] < time {
            guard let name = names[number] else { continue }
            numberOfName[name] = nil
            names[number] = nil
            lastEnds[number] = .min
        }
    }
}
