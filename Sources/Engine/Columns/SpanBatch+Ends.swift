extension SpanBatch {
    /// From the earliest end of a span to the latest, Unix nanoseconds; nil where there is none.
    package borrowing func ends() -> ClosedRange<Int64>? {
        guard count > 0 else { return nil }
        var (earliest, latest) = (end(0), end(0))
        for row in 1..<max(count, 1) {
            let end = end(row)
            earliest = min(earliest, end)
            latest = max(latest, end)
        }
        return earliest...latest
    }
}
