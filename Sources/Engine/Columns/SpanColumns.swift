/// Columns of spans, all of the same length: 57 bytes per row.
@usableFromInline
package struct SpanColumns: ~Copyable, Sendable {
    @usableFromInline package let traceHigh: Column<UInt64>
    @usableFromInline package let traceLow: Column<UInt64>
    @usableFromInline let spanID: Column<UInt64>
    @usableFromInline let parentID: Column<UInt64>
    @usableFromInline package let start: Column<Int64>
    @usableFromInline package let duration: Column<Int64>
    /// `LatencyBucket` code of the duration.
    @usableFromInline package let bucket: Column<UInt16>
    @usableFromInline package let operation: Column<UInt16>
    @usableFromInline package let request: Column<UInt16>
    /// Index of who sent the span.
    @usableFromInline let source: Column<UInt16>
    @usableFromInline package let flags: Column<UInt8>

    package static let bytesPerRow = 6 * 8 + 4 * 2 + 1

    @inlinable @inline(__always) package var capacity: Int { flags.capacity }

    init(capacity: Int) {
        traceHigh = Column(capacity: capacity)
        traceLow = Column(capacity: capacity)
        spanID = Column(capacity: capacity)
        parentID = Column(capacity: capacity)
        start = Column(capacity: capacity)
        duration = Column(capacity: capacity)
        bucket = Column(capacity: capacity)
        operation = Column(capacity: capacity)
        request = Column(capacity: capacity)
        source = Column(capacity: capacity)
        flags = Column(capacity: capacity)
    }

    /// Writes one row. All columns have the same capacity, so one check is enough.
    @inlinable @inline(__always)
    func write(_ row: SpanRow, bucket code: UInt16, at index: Int) {
        precondition(UInt(bitPattern: index) < UInt(bitPattern: capacity))
        unsafe traceHigh.write(row.traceHigh, atChecked: index)
        unsafe traceLow.write(row.traceLow, atChecked: index)
        unsafe spanID.write(row.spanID, atChecked: index)
        unsafe parentID.write(row.parentID, atChecked: index)
        unsafe start.write(row.start, atChecked: index)
        unsafe duration.write(row.duration, atChecked: index)
        unsafe bucket.write(code, atChecked: index)
        unsafe operation.write(row.operation, atChecked: index)
        unsafe request.write(row.request, atChecked: index)
        unsafe source.write(row.source, atChecked: index)
        unsafe flags.write(row.flags.rawValue, atChecked: index)
    }

    @inlinable @inline(__always)
    package func row(_ index: Int) -> SpanRow {
        precondition(UInt(bitPattern: index) < UInt(bitPattern: capacity))
        return unsafe SpanRow(
            traceHigh: traceHigh.read(atChecked: index), traceLow: traceLow.read(atChecked: index),
            spanID: spanID.read(atChecked: index), parentID: parentID.read(atChecked: index),
            start: start.read(atChecked: index), duration: duration.read(atChecked: index),
            operation: operation.read(atChecked: index), request: request.read(atChecked: index),
            source: source.read(atChecked: index), flags: SpanFlags(rawValue: flags.read(atChecked: index)))
    }

    func copyPrefix(_ count: Int, of other: borrowing SpanColumns) {
        traceHigh.copyPrefix(count, of: other.traceHigh)
        traceLow.copyPrefix(count, of: other.traceLow)
        spanID.copyPrefix(count, of: other.spanID)
        parentID.copyPrefix(count, of: other.parentID)
        start.copyPrefix(count, of: other.start)
        duration.copyPrefix(count, of: other.duration)
        bucket.copyPrefix(count, of: other.bucket)
        operation.copyPrefix(count, of: other.operation)
        request.copyPrefix(count, of: other.request)
        source.copyPrefix(count, of: other.source)
        flags.copyPrefix(count, of: other.flags)
    }
}
