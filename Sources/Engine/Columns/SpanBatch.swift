/// The spans of one export request as columns, with dictionaries for their names.
///
/// A batch shares nothing, so it is decoded without a lock. When it is appended, the window translates the batch's numbers
/// into its own, once per distinct name. Clear a batch and reuse it.
@usableFromInline
package struct SpanBatch: ~Copyable, Sendable {
    @usableFromInline package internal(set) var columns: SpanColumns
    @usableFromInline package internal(set) var count = 0
    /// Spans that were not accepted, by reason.
    package private(set) var rejections = Rejections()

    /// Changes when the dictionaries are cleared.
    private(set) var names = BatchNames()
    private var clusters = SymbolTable()
    /// The salt is the number of the cluster.
    private var services = SymbolTable()
    private var operations = SymbolTable()
    private var requests = SymbolTable()
    private var sources = SymbolTable()
    /// Status messages of failing spans, and names of webhooks: `webhookSalt`.
    private var messages = SymbolTable()
    private var requestKey = RequestKey()
    private var sourceKey = SourceKey()
    /// What spans say about their sources, by the batch's number for the source.
    private(set) var notes: [UInt16: SourceNotes] = [:]
    /// The dialect that was noted last, and for which source.
    @usableFromInline var noted: (source: UInt16, dialects: AttributeDialects) = (overflow, AttributeDialects())
    private var templates = RequestTemplates()
    @usableFromInline let buckets = LatencyBucket.shared

    /// Stands for operations, request labels and sources beyond the limit of a batch's dictionaries.
    package static let overflow = UInt16.max
    private static let dictionaryLimit = Int(UInt16.max) - 1
    /// Longer names are cut: Kubernetes' longest span names are under 200 bytes.
    package static let nameBytesMax = 1024
    /// Of the names of clusters and instances. Kubernetes allows 253 bytes in that of a pod or a node.
    package static let sourceBytesMax = 256
    /// Of status messages: those of etcd and of gRPC's clients are under 200 bytes.
    package static let messageBytesMax = 640
    /// As many as `SpanFlags` can tell apart.
    private static let messagesMax = 1 << SpanFlags.numberBits - 1
    /// More than the operations, request labels and sources of a cluster, but few enough for the cache.
    private static let namesKept = 4096
    private static let nameBytesKept = 1 << 19
    /// Kubernetes allows 253 bytes in a group's name and 63 in a resource's.
    private static let labelBytesMax = 253

    package init(capacity: Int = 1024) {
        columns = SpanColumns(capacity: max(capacity, 1))
    }

    /// Removes all spans and keeps the memory. Keeps the names too, unless there are many, because the next export
    /// request mostly has the same ones.
    package mutating func removeAll() {
        count = 0
        rejections = Rejections()
        removeNotes()
        messages.removeAll()
        let most = max(max(clusters.count, services.count, operations.count), max(requests.count, sources.count))
        let bytes =
            clusters.byteCount + services.byteCount + operations.byteCount + requests.byteCount + sources.byteCount
        if most > Self.namesKept || bytes > Self.nameBytesKept { removeNames() }
    }

    /// Removes all spans and names.
    package mutating func removeNames() {
        count = 0
        rejections = Rejections()
        removeNotes()
        messages.removeAll()
        names = BatchNames()
        clusters.removeAll()
        services.removeAll()
        operations.removeAll()
        requests.removeAll()
        sources.removeAll()
        templates.removeAll()
    }

    /// The batch's number for a cluster; 0 if it has no name.
    package mutating func cluster(_ name: RawSpan) -> UInt16 {
        guard name.byteCount > 0 else { return 0 }
        let number = clusters.intern(
            name.extracting(first: Self.sourceBytesMax), salt: 0, limit: Self.dictionaryLimit - 1)
        return number.map { UInt16(truncatingIfNeeded: $0 + 1) } ?? Self.overflow
    }

    /// The batch's number for a service of a cluster.
    package mutating func service(_ name: RawSpan, cluster: UInt16 = 0) -> UInt16 {
        number(
            services.intern(
                name.extracting(first: Self.nameBytesMax), salt: UInt32(cluster), limit: Self.dictionaryLimit))
    }

    /// The batch's number for a source.
    package mutating func source(cluster: RawSpan, service: RawSpan, instance: RawSpan) -> UInt16 {
        sourceKey.set(cluster: cluster, service: service, instance: instance)
        return number(sourceKey.withBytes { sources.intern($0, salt: sourceKey.salt, limit: Self.dictionaryLimit) })
    }

    /// The batch's number for a source lent by `withSourceKey`.
    mutating func source(key: RawSpan, salt: UInt32) -> UInt16 {
        number(sources.intern(key, salt: salt, limit: Self.dictionaryLimit))
    }

    /// The batch's number for an operation: service.name, span name and kind.
    package mutating func operation(service: UInt16, name: RawSpan, kind: SpanKind) -> UInt16 {
        number(
            operations.intern(
                name.extracting(first: Self.nameBytesMax), salt: UInt32(service) &<< 8 | UInt32(kind.rawValue),
                limit: Self.dictionaryLimit))
    }

    /// The `request` column of a span, if one with the same operation and kind of query came before.
    @inline(__always)
    package func knownRequest(of operation: UInt16, query: RequestQuery) -> (request: UInt16, isLongRunning: Bool)? {
        templates[operation, query]
    }

    /// The `request` column of a span: the batch's number for its request labels, plus one.
    ///
    /// - Parameters:
    ///   - cluster: the batch's number for the cluster.
    ///   - operation: an operation named after the template of the path, whose spans with the same kind of query all
    ///     have the same labels; nil for other names.
    package mutating func request(
        _ request: APIServerRequest, in target: RawSpan, cluster: UInt16 = 0, of operation: UInt16?,
        query: RequestQuery
    ) -> UInt16 {
        requestKey.removeAll()
        requestKey.append(target.extracting(request.group).extracting(first: Self.labelBytesMax))
        requestKey.append(target.extracting(request.resource).extracting(first: Self.labelBytesMax))
        requestKey.append(target.extracting(request.subresource).extracting(first: Self.labelBytesMax))
        let salt =
            UInt32(cluster) &<< 16 | UInt32(request.verb.rawValue) &<< 8 | UInt32(request.scope.rawValue)
        let number = requestKey.withBytes { requests.intern($0, salt: salt, limit: Self.dictionaryLimit) }
        let column = number.map { UInt16($0 + 1) } ?? Self.overflow
        if let operation { templates.remember((column, request.isLongRunning), of: operation, query) }
        return column
    }

    /// The `request` column for labels lent by `withRequest`, of a cluster.
    mutating func request(key: RawSpan, salt: UInt32, cluster: UInt16) -> UInt16 {
        let salt = UInt32(cluster) &<< 16 | salt & 0xFFFF
        return requests.intern(key, salt: salt, limit: Self.dictionaryLimit).map { UInt16($0 + 1) } ?? Self.overflow
    }

    /// `SpanFlags.message` of a span that failed with this status message. At most 63 different messages are kept.
    package mutating func message(_ text: RawSpan) -> UInt8 {
        guard text.byteCount > 0 else { return 0 }
        let number = messages.intern(
            text.extracting(first: Self.messageBytesMax), salt: 0, limit: Self.messagesMax)
        return number.map { UInt8(truncatingIfNeeded: $0 + 1) } ?? 0
    }

    /// `SpanFlags.message` of a span that is a webhook's call. Counts among the messages.
    package mutating func webhook(_ name: RawSpan, configuration: RawSpan) -> UInt8 {
        requestKey.removeAll()
        requestKey.append(name.extracting(first: Self.labelBytesMax))
        requestKey.append(configuration.extracting(first: Self.labelBytesMax))
        let number = requestKey.withBytes { messages.intern($0, salt: Self.webhookSalt, limit: Self.messagesMax) }
        return number.map { UInt8(truncatingIfNeeded: $0 + 1) } ?? 0
    }

    /// The same for a key that was lent by `withMessage`.
    mutating func webhook(key: RawSpan) -> UInt8 {
        messages.intern(key, salt: Self.webhookSalt, limit: Self.messagesMax)
            .map { UInt8(truncatingIfNeeded: $0 + 1) } ?? 0
    }

    private static let webhookSalt: UInt32 = 1

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

    /// Notes the sampling threshold of a root.
    package mutating func note(threshold: UInt64, of source: UInt16) {
        guard source != Self.overflow else { return }
        notes[source, default: SourceNotes()].thresholds.add(threshold: threshold)
    }

    /// Notes the attributes of a span. Nearly all of a source's spans have the same dialect.
    @inlinable @inline(__always)
    package mutating func note(_ dialects: AttributeDialects, of source: UInt16) {
        guard !dialects.isEmpty else { return }
        if source != noted.source || !dialects.isSubset(of: noted.dialects) { noteChanged(dialects, of: source) }
    }

    @inline(never) @usableFromInline
    mutating func noteChanged(_ dialects: AttributeDialects, of source: UInt16) {
        guard source != Self.overflow else { return }
        notes[source, default: SourceNotes()].dialects.add(dialects)
        noted = (source, notes[source]?.dialects ?? dialects)
    }

    /// Notes the version that a source says to have.
    package mutating func note(version: RawSpan, of source: UInt16) {
        guard source != Self.overflow else { return }
        notes[source, default: SourceNotes()].note(version: version.extracting(first: Self.labelBytesMax))
    }

    /// Adds what other batches say about a source.
    mutating func note(_ more: SourceNotes, of source: UInt16) {
        guard source != Self.overflow else { return }
        notes[source, default: SourceNotes()].add(more)
    }

    private mutating func removeNotes() {
        if !notes.isEmpty { notes.removeAll(keepingCapacity: true) }
        noted = (Self.overflow, AttributeDialects())
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

// MARK: - Dictionaries, for the window

/// Identifies the contents of a batch's dictionaries: numbers keep their meaning as long as this is the same object.
final class BatchNames: Sendable {}

extension SpanBatch {
    package var operationCount: Int { operations.count }
    var requestCount: Int { requests.count }
    var sourceCount: Int { sources.count }
    var messageCount: Int { messages.count }

    /// Lends the names of an operation.
    package func withOperation<Result>(
        _ number: Int, _ body: (_ service: RawSpan, _ name: RawSpan, _ kind: SpanKind) -> Result
    ) -> Result {
        let salt = operations.salt(number)
        let kind = SpanKind(rawValue: UInt8(truncatingIfNeeded: salt)) ?? .unspecified
        let service = UInt16(truncatingIfNeeded: salt &>> 8)
        return operations.withBytes(number) { name in
            // The dictionary of services was full.
            if service == Self.overflow { return body(RawSpan(), name, kind) }
            return services.withBytes(Int(service)) { body($0, name, kind) }
        }
    }

    /// Lends the name of an operation's cluster; empty if it has none.
    package func withCluster<Result>(ofOperation number: Int, _ body: (RawSpan) -> Result) -> Result {
        let service = UInt16(truncatingIfNeeded: operations.salt(number) &>> 8)
        return withCluster(service == Self.overflow ? 0 : services.salt(Int(service)), body)
    }

    /// Lends the name of the cluster of request labels; empty if it has none.
    func withCluster<Result>(ofRequest number: Int, _ body: (RawSpan) -> Result) -> Result {
        withCluster(requests.salt(number) &>> 16, body)
    }

    private func withCluster<Result>(_ cluster: UInt32, _ body: (RawSpan) -> Result) -> Result {
        if cluster == 0 || cluster == Self.overflow { return body(RawSpan()) }
        return clusters.withBytes(Int(cluster) - 1, body)
    }

    /// Lends the key of request labels: group, resource and subresource, each followed by a zero byte. The salt holds verb
    /// and scope in its low half.
    package func withRequest<Result>(_ number: Int, _ body: (_ key: RawSpan, _ salt: UInt32) -> Result) -> Result {
        let salt = requests.salt(number)
        return requests.withBytes(number) { body($0, salt) }
    }

    /// Whether a message is the name of a webhook: its attributes `webhook` and `configuration`, each followed by a zero byte.
    func isWebhook(_ number: Int) -> Bool { messages.salt(number) == Self.webhookSalt }

    /// Lends a status message.
    package func withMessage<Result>(_ number: Int, _ body: (RawSpan) -> Result) -> Result {
        messages.withBytes(number, body)
    }

    /// Lends the names of a source.
    package func withSource<Result>(
        _ number: Int, _ body: (_ cluster: RawSpan, _ service: RawSpan, _ instance: RawSpan) -> Result
    ) -> Result {
        withSourceKey(number) { SourceKey.withNames($0, salt: $1, body) }
    }

    /// Lends the key of a source (`SourceKey`) and its salt.
    func withSourceKey<Result>(_ number: Int, _ body: (_ key: RawSpan, _ salt: UInt32) -> Result) -> Result {
        let salt = sources.salt(number)
        return sources.withBytes(number) { body($0, salt) }
    }
}

// MARK: - Time

extension SpanBatch {
    /// The end of a span, Unix nanoseconds.
    @inline(__always)
    package func end(_ row: Int) -> Int64 {
        columns.start[row] &+ columns.duration[row]
    }

    /// From the earliest end of a span to the latest, Unix nanoseconds; nil without spans.
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

    /// Removes the spans that don't end in a range of time (Unix nanoseconds).
    package mutating func keep(endingIn range: Range<Int64>) {
        var kept = 0
        for row in 0..<count where range.contains(end(row)) {
            if kept < row { columns.write(columns.row(row), bucket: columns.bucket[row], at: kept) }
            kept += 1
        }
        count = kept
    }
}

// MARK: - Request labels by operation

/// Remembered request labels, by operation and kind of query.
///
/// Since Kubernetes 1.31 the API server names a request's span after the template of its path, so spans with the same name
/// have the same labels unless their queries differ.
private struct RequestTemplates: Sendable {
    /// By operation and query: the request column in the low 16 bits, a bit for long-running, a bit for known.
    private var known: [UInt32] = []

    private static let isLongRunning: UInt32 = 1 << 16
    private static let isKnown: UInt32 = 1 << 17

    mutating func removeAll() {
        known.removeAll(keepingCapacity: true)
    }

    @inline(__always)
    subscript(operation: UInt16, query: RequestQuery) -> (request: UInt16, isLongRunning: Bool)? {
        let index = Int(operation) &* 8 &+ query.code
        guard index < known.count, known[index] & Self.isKnown != 0 else { return nil }
        return (UInt16(truncatingIfNeeded: known[index]), known[index] & Self.isLongRunning != 0)
    }

    mutating func remember(
        _ request: (column: UInt16, isLongRunning: Bool), of operation: UInt16, _ query: RequestQuery
    ) {
        // The overflow number stands for many operations.
        guard operation != SpanBatch.overflow else { return }
        let index = Int(operation) * 8 + query.code
        while known.count <= index { known.append(0) }
        known[index] = UInt32(request.column) | (request.isLongRunning ? Self.isLongRunning : 0) | Self.isKnown
    }
}
