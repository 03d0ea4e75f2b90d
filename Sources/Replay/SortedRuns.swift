import Archive
import Engine

/// Sorted spans that don't fit into memory: runs in a scratch file, merged at the end.
struct SortedRuns: ~Copyable {
    /// One run, as far as it has been read.
    private struct Run {
        /// The spans in the file that haven't been read yet.
        var unread: Range<Int>
        var spans: [OrderedSpan] = []
        var next = 0
    }

    /// The next span of a run.
    private struct Head {
        var span: OrderedSpan
        var run: Int
    }

    private let file: ScratchFile
    private var runs: [Run] = []
    private var written = 0
    private var buffer: [OrderedSpan] = []
    private var order = LeastFirst<Head>()

    /// How many spans are written at a time: one mebibyte.
    private static let writtenAtOnce = 1 << 14
    private static let readAtOnceMin = 1 << 9
    private static let stride = MemoryLayout<OrderedSpan>.stride

    init() throws(ArchiveError) {
        file = try ScratchFile()
    }

    /// Adds all waiting spans as one run.
    mutating func spill(_ waiting: inout SpanOrder, _ sort: inout BinSort) throws(ArchiveError) {
        let begin = written
        while let bin = waiting.takeFirst() {
            sort.order(bin, waiting.names)
            for index in 0..<bin.count {
                buffer.append(sort.span(index, of: bin))
                if buffer.count == Self.writtenAtOnce { try write() }
            }
            waiting.recycle(bin)
        }
        try write()
        runs.append(Run(unread: begin..<written))
    }

    private mutating func write() throws(ArchiveError) {
        unsafe try file.write(buffer.span.bytes, at: written * Self.stride)
        written += buffer.count
        buffer.removeAll(keepingCapacity: true)
    }

    /// Starts merging.
    ///
    /// - Parameter memory: bytes that merging may take.
    mutating func beginMerging(memory: Int, _ names: borrowing OrderedNames) throws(ArchiveError) {
        buffer = []
        let room = max(memory / Self.stride / max(runs.count, 1), Self.readAtOnceMin)
        for number in runs.indices {
            runs[number].spans = Array(repeating: OrderedSpan(), count: min(room, max(runs[number].unread.count, 1)))
            guard try read(number) else { continue }
            order.insert(Head(span: runs[number].spans[0], run: number)) {
                OrderedSpan.isBefore($0.span, $1.span, names)
            }
        }
    }

    /// The next span of all runs; nil after the last.
    mutating func next(_ names: borrowing OrderedNames) throws(ArchiveError) -> OrderedSpan? {
        guard let first = order.first else { return nil }
        runs[first.run].next += 1
        if runs[first.run].next == runs[first.run].spans.count, try !read(first.run) {
            _ = order.popFirst { OrderedSpan.isBefore($0.span, $1.span, names) }
        } else {
            let following = Head(span: runs[first.run].spans[runs[first.run].next], run: first.run)
            order.replaceFirst(with: following) { OrderedSpan.isBefore($0.span, $1.span, names) }
        }
        return first.span
    }

    /// Reads more of a run; false at its end.
    private mutating func read(_ number: Int) throws(ArchiveError) -> Bool {
        let unread = runs[number].unread
        let count = min(unread.count, runs[number].spans.count)
        guard count > 0 else { return false }
        if count < runs[number].spans.count { runs[number].spans.removeLast(runs[number].spans.count - count) }
        try file.read(into: &runs[number].spans, at: unread.lowerBound * Self.stride)
        runs[number].unread = unread.lowerBound + count..<unread.upperBound
        runs[number].next = 0
        return true
    }
}
