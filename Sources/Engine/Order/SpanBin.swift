/// The spans that end within one second, in the order in which they came.
package final class SpanBin {
    /// Unix seconds.
    package private(set) var second: Int64
    private(set) var spans: Column<OrderedSpan>
    package private(set) var count = 0
    /// Whether each span ends after the one before it.
    private(set) var isInOrder = true
    private var lastEnd = Int64.min

    static let width: Int64 = 1_000_000_000
    private static let roomMin = 8
    /// Beside its spans.
    private static let ownBytes = 128

    init(second: Int64) {
        self.second = second
        spans = Column(capacity: Self.roomMin)
    }

    var byteCount: Int { spans.capacity * MemoryLayout<OrderedSpan>.stride + Self.ownBytes }

    @inline(__always) var isFull: Bool { count == spans.capacity }

    /// Adds a span; there has to be room.
    @inline(__always)
    func append(_ span: OrderedSpan) {
        let end = span.end
        isInOrder = isInOrder && end > lastEnd
        lastEnd = end
        spans[count] = span
        count &+= 1
    }

    func grow() {
        let larger = Column<OrderedSpan>(capacity: spans.capacity * 2)
        larger.copyPrefix(count, of: spans)
        spans = larger
    }

    /// Begins anew for another second, keeping the room.
    func reset(second: Int64) {
        self.second = second
        count = 0
        isInOrder = true
        lastEnd = .min
    }
}

/// The order of the spans of one bin after the other.
///
/// Sorted are keys of a span's time within its second and its place, by three passes of a radix sort; spans that end in the
/// same nanosecond, which are few, are then compared.
package struct BinSort: ~Copyable {
    private var keys = Column<UInt64>(capacity: 0)
    private var others = Column<UInt64>(capacity: 0)
    /// Whether the bin's spans are in order as they are.
    private var isAsItCame = true

    private static let placeBits: UInt64 = 32
    private static let digitBits: UInt64 = 10
    private static let digits = 1 << 10
    /// A second has fewer nanoseconds than three digits can tell apart.
    private static let passes: UInt64 = 3
    /// Of spans that end together: more are sorted by the library.
    private static let insertionMax = 16

    package init() {}

    /// Finds the order of a bin's spans.
    package mutating func order(_ bin: SpanBin, _ names: borrowing OrderedNames) {
        isAsItCame = bin.isInOrder
        if isAsItCame { return }
        fill(bin)
        for pass in 0..<Self.passes { sort(bin.count, by: Self.placeBits + pass * Self.digitBits) }
        orderTies(bin, names)
    }

    /// A span by its place in the order of the bin that was ordered last.
    @inline(__always)
    package func span(_ index: Int, of bin: SpanBin) -> OrderedSpan {
        bin.spans[isAsItCame ? index : place(index)]
    }

    /// Adds spans to a batch, by their places in the order of the bin that was ordered last.
    package func append(
        _ range: Range<Int>, of bin: SpanBin, _ names: inout OrderedNames, to batch: inout SpanBatch
    ) {
        for index in range { names.append(span(index, of: bin), to: &batch) }
    }

    @inline(__always)
    private func place(_ index: Int) -> Int { Int(truncatingIfNeeded: keys[index] & 0xFFFF_FFFF) }

    private mutating func fill(_ bin: SpanBin) {
        keys.makeRoom(bin.count)
        others.makeRoom(bin.count)
        let begin = bin.second &* SpanBin.width
        for place in 0..<bin.count {
            let time = UInt64(truncatingIfNeeded: bin.spans[place].end &- begin)
            keys[place] = time &<< Self.placeBits | UInt64(truncatingIfNeeded: place)
        }
    }

    private mutating func sort(_ count: Int, by shift: UInt64) {
        var begins = InlineArray<1024, Int>(repeating: 0)
        for index in 0..<count { begins[Int(keys[index] &>> shift) & (Self.digits - 1)] &+= 1 }
        var sum = 0
        for digit in 0..<Self.digits {
            let size = begins[digit]
            begins[digit] = sum
            sum &+= size
        }
        for index in 0..<count {
            let digit = Int(keys[index] &>> shift) & (Self.digits - 1)
            others[begins[digit]] = keys[index]
            begins[digit] &+= 1
        }
        swap(&keys, &others)
    }

    private mutating func orderTies(_ bin: SpanBin, _ names: borrowing OrderedNames) {
        var first = 0
        while first < bin.count {
            var end = first + 1
            while end < bin.count, keys[end] &>> Self.placeBits == keys[first] &>> Self.placeBits { end += 1 }
            if end - first > Self.insertionMax {
                orderMany(first..<end, bin, names)
            } else if end - first > 1 {
                orderFew(first..<end, bin, names)
            }
            first = end
        }
    }

    private func orderFew(_ range: Range<Int>, _ bin: SpanBin, _ names: borrowing OrderedNames) {
        for index in range.dropFirst() {
            let key = keys[index]
            let span = bin.spans[place(index)]
            var free = index
            while free > range.lowerBound, OrderedSpan.isBefore(span, bin.spans[place(free - 1)], names) {
                keys[free] = keys[free - 1]
                free -= 1
            }
            keys[free] = key
        }
    }

    /// By merging: the library's sort would have to borrow the names.
    private mutating func orderMany(_ range: Range<Int>, _ bin: SpanBin, _ names: borrowing OrderedNames) {
        var width = 1
        while width < range.count {
            for begin in stride(from: range.lowerBound, to: range.upperBound, by: 2 * width) {
                let middle = min(begin + width, range.upperBound)
                merge(begin..<middle, middle..<min(middle + width, range.upperBound), bin, names)
            }
            for index in range { keys[index] = others[index] }
            width *= 2
        }
    }

    private func merge(
        _ left: Range<Int>, _ right: Range<Int>, _ bin: SpanBin, _ names: borrowing OrderedNames
    ) {
        var (a, b) = (left.lowerBound, right.lowerBound)
        for index in left.lowerBound..<right.upperBound {
            let takesRight =
                a == left.upperBound
                || b < right.upperBound && OrderedSpan.isBefore(bin.spans[place(b)], bin.spans[place(a)], names)
            others[index] = keys[takesRight ? b : a]
            if takesRight { b += 1 } else { a += 1 }
        }
    }
}
