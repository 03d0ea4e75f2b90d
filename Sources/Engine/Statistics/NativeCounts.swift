/// Durations counted in buckets of a Prometheus native histogram of schema 3: eight to a doubling, each 9 % wide.
///
/// Holds the buckets from the lowest to the highest in use: some 160 for durations from ten microseconds to ten seconds.
/// Source: the Prometheus native histogram specification, "Standard exponential schemas".
package struct NativeCounts: Sendable {
    package static let schema = 3

    /// Durations of zero, which no exponential bucket holds.
    package private(set) var zeros = 0
    /// The native index of `counts[0]`: bucket i covers (2^((i−1)/8), 2^(i/8)] seconds.
    package private(set) var firstIndex = 0
    package private(set) var counts: [Int] = []

    package var isEmpty: Bool { zeros == 0 && counts.isEmpty }

    /// - Parameter code: of a latency bucket, all of which lie within one bucket of this schema.
    @inline(__always)
    mutating func count(code: UInt16) {
        guard code > 0 else {
            zeros += 1
            return
        }
        let position = Self.nativeIndex(code) - firstIndex
        if counts.indices.contains(position) {
            counts[position] += 1
        } else {
            extend(to: position)
        }
    }

    /// Counts one duration beyond the buckets in use.
    @inline(never)
    private mutating func extend(to position: Int) {
        if counts.isEmpty {
            firstIndex += position
            counts = [1]
        } else if position < 0 {
            counts.insert(contentsOf: repeatElement(0, count: -position), at: 0)
            firstIndex += position
            counts[0] = 1
        } else {
            counts += repeatElement(0, count: position + 1 - counts.count)
            counts[position] = 1
        }
    }

    /// The upper bound's exponent in eighths, from one in sixty-fourths: rounded up.
    @inline(__always)
    private static func nativeIndex(_ code: UInt16) -> Int {
        (LatencyBucket.nativeIndex(Int(code)) + 7) >> (LatencyBucket.schema - schema)
    }
}
