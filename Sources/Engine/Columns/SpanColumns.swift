/// What is kept of one span.
@usableFromInline
package struct SpanRow: Equatable, Sendable {
    /// The 16 bytes of the trace id as two big-endian numbers.
    @usableFromInline package var traceHigh: UInt64
    @usableFromInline package var traceLow: UInt64
    @usableFromInline package var spanID: UInt64
    /// 0 where the span has no parent.
    @usableFromInline package var parentID: UInt64
    /// Unix time in nanoseconds.
    @usableFromInline package var start: Int64
    /// Nanoseconds, never negative.
    @usableFromInline package var duration: Int64
    /// The number of its operation, in the batch or in the window.
    @usableFromInline package var operation: UInt16
    /// The number of its request labels plus one; 0 for spans that are no request to the API server.
    @usableFromInline package var request: UInt16
    @usableFromInline package var flags: SpanFlags

    @inlinable @inline(__always)
    package init(
        traceHigh: UInt64, traceLow: UInt64, spanID: UInt64, parentID: UInt64, start: Int64,
        duration: Int64, operation: UInt16, request: UInt16, flags: SpanFlags
    ) {
        self.traceHigh = traceHigh
        self.traceLow = traceLow
        self.spanID = spanID
        self.parentID = parentID
        self.start = start
        self.duration = duration
        self.operation = operation
        self.request = request
        self.flags = flags
    }
}

/// What is true of a span, one bit each.
@usableFromInline
package struct SpanFlags: BitwiseCopyable, Equatable, Sendable {
    @usableFromInline package var rawValue: UInt8

    @inlinable @inline(__always)
    package init(rawValue: UInt8 = 0) {
        self.rawValue = rawValue
    }

    @inlinable @inline(__always)
    package init(isError: Bool, isLongRunning: Bool = false) {
        rawValue = (isError ? Self.error : 0) | (isLongRunning ? Self.longRunning : 0)
    }

    @usableFromInline package static let error: UInt8 = 1
    @usableFromInline static let longRunning: UInt8 = 2

    /// Failed, by status, HTTP status or gRPC code (see `SpanStatus`).
    @inlinable @inline(__always) package var isError: Bool { rawValue & 1 != 0 }
    /// A request that lasts as long as its client wants: it belongs in no latency percentile.
    @inlinable @inline(__always) package var isLongRunning: Bool { rawValue & 2 != 0 }
}

/// Equal-length columns of spans: 55 bytes a row.
@usableFromInline
package struct SpanColumns: ~Copyable, Sendable {
    @usableFromInline package let traceHigh: Column<UInt64>
    @usableFromInline package let traceLow: Column<UInt64>
    @usableFromInline package let spanID: Column<UInt64>
    @usableFromInline package let parentID: Column<UInt64>
    @usableFromInline package let start: Column<Int64>
    @usableFromInline package let duration: Column<Int64>
    /// `LatencyBucket` code of the duration.
    @usableFromInline package let bucket: Column<UInt16>
    @usableFromInline package let operation: Column<UInt16>
    @usableFromInline package let request: Column<UInt16>
    @usableFromInline package let flags: Column<UInt8>

    package static let bytesPerRow = 6 * 8 + 3 * 2 + 1

    @inlinable @inline(__always) package var capacity: Int { flags.capacity }

    package init(capacity: Int) {
        traceHigh = Column(capacity: capacity)
        traceLow = Column(capacity: capacity)
        spanID = Column(capacity: capacity)
        parentID = Column(capacity: capacity)
        start = Column(capacity: capacity)
        duration = Column(capacity: capacity)
        bucket = Column(capacity: capacity)
        operation = Column(capacity: capacity)
        request = Column(capacity: capacity)
        flags = Column(capacity: capacity)
    }

    /// Writes a row of all columns: they have one capacity, so that one check is enough.
    @inlinable @inline(__always)
    package func write(_ row: SpanRow, bucket code: UInt16, at index: Int) {
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
            flags: SpanFlags(rawValue: flags.read(atChecked: index)))
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
        flags.copyPrefix(count, of: other.flags)
    }
}
