extension Range<Int> {
    /// The first index at which `isReached` is true, found by binary search; the end of the range if there is none.
    ///
    /// - Parameter isReached: must stay true for all indices after the first one for which it is.
    @inline(__always)
    func first(reaching isReached: (Int) -> Bool) -> Int {
        var (low, high) = (lowerBound, upperBound)
        while low < high {
            let middle = low + (high - low) / 2
            if isReached(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
