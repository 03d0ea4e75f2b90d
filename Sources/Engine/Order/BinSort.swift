/// Sorts the spans of one bin after the other.
///
/// It radix-sorts keys of a span's time within its second and its index; the few spans that end in the same nanosecond
/// are compared afterwards.
package struct BinSort: ~Copyable {
    private var keys = Column<UInt64>(capacity: 0)
    private var others = Column<UInt64>(capacity: 0)
    /// Whether the bin's spans are already in order.
    private var isAsItCame = true

    private static let indexBits: UInt64 = 32
    /// A second has fewer nanoseconds than 30 bits can tell apart.
    private static let timeBits: UInt64 = 30
    private static let digitBits: UInt64 = 8
    private static let digits = 1 << 8
    /// Ties up to this many are sorted by insertion, more by merging.
    private static let insertionMax = 16

    package init() {}

    /// Determines the order of a bin's spans.
    package mutating func order(_ bin: SpanBin, _ names: borrowing OrderedNames) {
        order(bin.contents, names)
    }

    private mutating func order(_ bin: borrowing SpanBin.Contents, _ names: borrowing OrderedNames) {
        isAsItCame = bin.isInOrder
        if isAsItCame { return }
        fill(bin)
        var shift = Self.indexBits
        while shift < Self.indexBits + Self.timeBits {
            sort(bin.count, by: shift)
            shift += Self.digitBits
        }
        orderTies(bin, names)
    }

    /// The span at an index in the order of the bin that was sorted last.
    package func span(_ index: Int, of bin: SpanBin) -> OrderedSpan { span(index, of: bin.contents) }

    @inline(__always)
    private func span(_ index: Int, of bin: borrowing SpanBin.Contents) -> OrderedSpan {
        bin.spans[isAsItCame ? index : unsorted(index)]
    }

    /// Adds the spans at some indices in the order of the bin that was sorted last to a batch.
    package func append(
        _ range: Range<Int>, of bin: SpanBin, _ names: inout OrderedNames, to batch: inout SpanBatch
    ) {
        append(range, of: bin.contents, &names, to: &batch)
    }

    private func append(
        _ range: Range<Int>, of bin: borrowing SpanBin.Contents, _ names: inout OrderedNames,
        to batch: inout SpanBatch
    ) {
        for index in range { names.append(span(index, of: bin), to: &batch) }
    }

    @inline(__always)
    private func unsorted(_ index: Int) -> Int { Int(truncatingIfNeeded: keys[index] & 0xFFFF_FFFF) }

    private mutating func fill(_ bin: borrowing SpanBin.Contents) {
        keys.makeRoom(bin.count)
        others.makeRoom(bin.count)
        let begin = bin.second &* SpanBin.width
        for index in 0..<bin.count {
            let time = UInt64(truncatingIfNeeded: bin.spans[index].end &- begin)
            keys[index] = time &<< Self.indexBits | UInt64(truncatingIfNeeded: index)
        }
    }

    private mutating func sort(_ count: Int, by shift: UInt64) {
        var begins = InlineArray<256, Int>(repeating: 0)
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

    private mutating func orderTies(_ bin: borrowing SpanBin.Contents, _ names: borrowing OrderedNames) {
        var first = 0
        while first < bin.count {
            var end = first + 1
            while end < bin.count, keys[end] &>> Self.indexBits == keys[first] &>> Self.indexBits { end += 1 }
            if end - first > Self.insertionMax {
                orderMany(first..<end, bin, names)
            } else if end - first > 1 {
                orderFew(first..<end, bin, names)
            }
            first = end
        }
    }

    private func orderFew(_ range: Range<Int>, _ bin: borrowing SpanBin.Contents, _ names: borrowing OrderedNames) {
        for index in range.dropFirst() {
            let key = keys[index]
            let span = bin.spans[unsorted(index)]
            var free = index
            while free > range.lowerBound, OrderedSpan.isBefore(span, bin.spans[unsorted(free - 1)], names) {
                keys[free] = keys[free - 1]
                free -= 1
            }
            keys[free] = key
        }
    }

    /// Merge sort, since the library's sort would have to capture the borrowed names.
    private mutating func orderMany(
        _ range: Range<Int>, _ bin: borrowing SpanBin.Contents, _ names: borrowing OrderedNames
    ) {
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
        _ left: Range<Int>, _ right: Range<Int>, _ bin: borrowing SpanBin.Contents, _ names: borrowing OrderedNames
    ) {
        var (a, b) = (left.lowerBound, right.lowerBound)
        for index in left.lowerBound..<right.upperBound {
            let takesRight =
                a == left.upperBound
                || b < right.upperBound && OrderedSpan.isBefore(bin.spans[unsorted(b)], bin.spans[unsorted(a)], names)
            others[index] = keys[takesRight ? b : a]
            if takesRight { b += 1 } else { a += 1 }
        }
    }
}
