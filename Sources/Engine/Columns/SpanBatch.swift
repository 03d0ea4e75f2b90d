/// The spans of one export request as columns, with their names in dictionaries of the batch's own.
///
/// A batch shares nothing: it is decoded without any lock, then appended to the window, which translates the numbers
/// of the batch's dictionaries into its own, once for each distinct name. It is meant to be cleared and used again.
@usableFromInline
package struct SpanBatch: ~Copyable, Sendable {
    @usableFromInline package internal(set) var columns: SpanColumns
    @usableFromInline package internal(set) var count = 0
    /// Spans that were not accepted, by reason.
    package private(set) var rejections = Rejections()

    /// Changes when the dictionaries are cleared.
    package private(set) var names = BatchNames()
    private var services = SymbolTable()
    private var operations = SymbolTable()
    private var requests = SymbolTable()
    private var requestKey = RequestKey()
    private var templates = RequestTemplates()
    @usableFromInline let buckets = LatencyBucket.shared

    /// Stands for an operation or request labels beyond what a batch's dictionaries can number.
    package static let overflow = UInt16.max
    private static let dictionaryLimit = Int(UInt16.max) - 1
    /// Longer names are cut: Kubernetes' longest span names are under 200 bytes.
    package static let nameBytesMax = 1024
    /// More than the operations and request labels of a cluster, little enough to stay in a cache.
    private static let namesKept = 4096
    private static let nameBytesKept = 1 << 19
    /// Kubernetes allows 253 bytes in a group's name and 63 in a resource's.
    private static let labelBytesMax = 253

    package init(capacity: Int = 1024) {
        columns = SpanColumns(capacity: max(capacity, 1))
    }

    /// Forgets all spans, keeping the memory. Names are kept for the next request, which has mostly the same ones, as long
    /// as they are few.
    package mutating func removeAll() {
        count = 0
        rejections = Rejections()
        let most = max(services.count, operations.count, requests.count)
        let bytes = services.byteCount + operations.byteCount + requests.byteCount
        if most > Self.namesKept || bytes > Self.nameBytesKept { removeNames() }
    }

    /// Forgets all spans and names.
    package mutating func removeNames() {
        count = 0
        rejections = Rejections()
        names = BatchNames()
        services.removeAll()
        operations.removeAll()
        requests.removeAll()
        templates.removeAll()
    }

    /// The batch's number of a service name.
    package mutating func service(_ name: RawSpan) -> UInt16 {
        number(services.intern(name.extracting(first: Self.nameBytesMax), salt: 0, limit: Self.dictionaryLimit))
    }

    /// The batch's number of an operation: (service.name, span name, kind).
    package mutating func operation(service: UInt16, name: RawSpan, kind: SpanKind) -> UInt16 {
        number(
            operations.intern(
                name.extracting(first: Self.nameBytesMax), salt: UInt32(service) &<< 8 | UInt32(kind.rawValue),
                limit: Self.dictionaryLimit))
    }

    /// What goes into a span's `request` column, where a span of the same operation and the same kind of query was
    /// interned before.
    @inline(__always)
    package func knownRequest(of operation: UInt16, query: RequestQuery) -> (request: UInt16, isLongRunning: Bool)? {
        templates[operation, query]
    }

    /// What goes into a span's `request` column: the batch's number of its request labels, plus one.
    ///
    /// - Parameter operation: an operation whose name is a template of the path, so that all its spans with the same
    ///   kind of query have the same labels; nil where names tell nothing.
    package mutating func request(
        _ request: APIServerRequest, in target: RawSpan, of operation: UInt16?, query: RequestQuery
    ) -> UInt16 {
        requestKey.removeAll()
        requestKey.append(target.extracting(request.group).extracting(first: Self.labelBytesMax))
        requestKey.append(target.extracting(request.resource).extracting(first: Self.labelBytesMax))
        requestKey.append(target.extracting(request.subresource).extracting(first: Self.labelBytesMax))
        let salt = UInt32(request.verb.rawValue) &<< 8 | UInt32(request.scope.rawValue)
        let number = requestKey.withBytes { requests.intern($0, salt: salt, limit: Self.dictionaryLimit) }
        let column = number.map { UInt16($0 + 1) } ?? Self.overflow
        if let operation { templates.remember((column, request.isLongRunning), of: operation, query) }
        return column
    }

    /// The same, of labels in the form in which another batch lends them.
    mutating func request(key: RawSpan, salt: UInt32) -> UInt16 {
        requests.intern(key, salt: salt, limit: Self.dictionaryLimit).map { UInt16($0 + 1) } ?? Self.overflow
    }

    /// Adds a span; its duration must not be negative.
    @inlinable @inline(__always)
    package mutating func append(_ row: SpanRow) {
        if count == columns.capacity { grow() }
        columns.write(row, bucket: buckets.code(row.duration), at: count)
        count &+= 1
    }

    /// Adds a span whose latency bucket is known.
    @inline(__always)
    mutating func append(_ row: SpanRow, bucket: UInt16) {
        if count == columns.capacity { grow() }
        columns.write(row, bucket: bucket, at: count)
        count &+= 1
    }

    package mutating func reject(_ reason: RejectionReason) {
        rejections[reason] += 1
    }

    package mutating func reject(_ more: Rejections) {
        rejections.add(more)
    }

    @usableFromInline
    mutating func grow() {
        let larger = SpanColumns(capacity: columns.capacity * 2)
        larger.copyPrefix(count, of: columns)
        columns = larger
    }

    @inline(__always)
    private func number(_ number: Int?) -> UInt16 {
        number.map { UInt16(truncatingIfNeeded: $0) } ?? Self.overflow
    }

}

// MARK: - What a window reads of the dictionaries

extension SpanBatch {
    package var operationCount: Int { operations.count }
    package var requestCount: Int { requests.count }

    /// Lends the names of an operation.
    package func withOperation<Result>(
        _ number: Int, _ body: (_ service: RawSpan, _ name: RawSpan, _ kind: SpanKind) -> Result
    ) -> Result {
        let salt = operations.salt(number)
        let kind = SpanKind(rawValue: UInt8(truncatingIfNeeded: salt)) ?? .unspecified
        let service = UInt16(truncatingIfNeeded: salt &>> 8)
        return operations.withBytes(number) { name in
            // More service names than a dictionary holds: the operation goes without one.
            if service == Self.overflow { return body(RawSpan(), name, kind) }
            return services.withBytes(Int(service)) { body($0, name, kind) }
        }
    }

    /// Lends the key of request labels: group, resource and subresource, each ended by a zero byte; the salt holds
    /// the verb and the scope.
    package func withRequest<Result>(_ number: Int, _ body: (_ key: RawSpan, _ salt: UInt32) -> Result) -> Result {
        let salt = requests.salt(number)
        return requests.withBytes(number) { body($0, salt) }
    }
}

// MARK: - Time

extension SpanBatch {
    /// The end of a span, Unix nanoseconds.
    @inline(__always)
    package func end(_ row: Int) -> Int64 {
        columns.start[row] &+ columns.duration[row]
    }

    /// Leaves out the spans that don't end in a range of time (Unix nanoseconds).
    package mutating func keep(endingIn range: Range<Int64>) {
        var kept = 0
        for row in 0..<count where range.contains(end(row)) {
            if kept < row { columns.write(columns.row(row), bucket: columns.bucket[row], at: kept) }
            kept += 1
        }
        count = kept
    }
}

/// Stands for the names in a batch's dictionaries, from one clearing to the next: as long as it is the same object, a
/// number means the same name.
package final class BatchNames: Sendable {}
