/// The spans that end within one second, in order of arrival.
package final class SpanBin {
    /// The contents as one value, so that many spans are added with one access to the object.
    struct Contents: ~Copyable {
        var second: Int64
        var spans: Column<OrderedSpan>
        var count = 0
        /// Whether each span ends after the one before it.
        var isInOrder = true
        var lastEnd = Int64.min

        var byteCount: Int { spans.capacity * MemoryLayout<OrderedSpan>.stride + SpanBin.ownBytes }

        /// Adds the spans of a batch from `first` on, as long as they end in the bin's second.
        ///
        /// - Returns: the index of the first span that doesn't.
        mutating func append(
            _ batch: borrowing SpanBatch, from first: Int, _ translation: borrowing OrderedNames.Translation
        ) -> Int {
            let begin = second &* SpanBin.width
            var index = first
            while index < batch.count {
                let row = batch.columns.row(index)
                let end = row.start &+ row.duration
                guard UInt64(bitPattern: end &- begin) < UInt64(SpanBin.width) else { break }
                append(row, bucket: batch.columns.bucket[index], translation)
                index &+= 1
            }
            return index
        }

        /// Adds a span that ends in the bin's second.
        @inline(__always)
        mutating func append(
            _ row: SpanRow, bucket: UInt16, _ translation: borrowing OrderedNames.Translation
        ) {
            let end = row.start &+ row.duration
            if count == spans.capacity { grow() }
            spans[count] = OrderedSpan(
                row, bucket: bucket, operation: translation.operation(row.operation),
                request: translation.request(row.request), source: translation.source(row.source),
                message: translation.message(row.flags.message))
            isInOrder = isInOrder && end > lastEnd
            lastEnd = end
            count &+= 1
        }

        private mutating func grow() {
            let larger = Column<OrderedSpan>(capacity: spans.capacity * 2)
            larger.copyPrefix(count, of: spans)
            spans = larger
        }
    }

    var contents: Contents

    static let width: Int64 = 1_000_000_000
    private static let roomMin = 8
    /// Besides its spans.
    private static let ownBytes = 128

    init() {
        contents = Contents(second: 0, spans: Column(capacity: Self.roomMin))
    }

    package var count: Int { contents.count }

    /// Empties the bin for another second, keeping its memory.
    func reset(second: Int64) {
        contents.second = second
        contents.count = 0
        contents.isInOrder = true
        contents.lastEnd = .min
    }
}
