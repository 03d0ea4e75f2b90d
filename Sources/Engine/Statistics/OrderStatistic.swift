/// The value of a rank among values that aren't sorted.
enum OrderStatistic {
    /// The value of a 0-based rank within a range: quickselect around the middle value of three, which partly sorts it.
    static func select(_ values: inout [Int64], within range: Range<Int>, rank: Int) -> Int64 {
        let rank = range.lowerBound + rank
        var low = range.lowerBound
        var high = range.upperBound - 1
        while high - low > 16 {
            let pivot = middle(values[low], values[(low + high) / 2], values[high])
            var left = low
            var right = high
            while left <= right {
                while values[left] < pivot { left += 1 }
                while values[right] > pivot { right -= 1 }
                if left <= right {
                    values.swapAt(left, right)
                    left += 1
                    right -= 1
                }
            }
            if rank <= right {
                high = right
            } else if rank >= left {
                low = left
            } else {
                return values[rank]
            }
        }
        values[low...high].sort()
        return values[rank]
    }

    private static func middle(_ a: Int64, _ b: Int64, _ c: Int64) -> Int64 {
        max(min(a, b), min(max(a, b), c))
    }
}
