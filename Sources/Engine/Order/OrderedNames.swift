/// The names of spans that are being sorted: numbered as they came, compared by their bytes.
///
/// Unlike a window's tables these aren't meant to fill up: the window decides which names to keep apart, in the order
/// of event time.
package struct OrderedNames: ~Copyable, Sendable {
    /// Number 0 is the one without a name.
    private var clusters = SymbolTable()
    /// The salt is the number of the cluster.
    private var services = SymbolTable()
    private var operations = SymbolTable()
    private var requests = SymbolTable()
    private var sources = SymbolTable()
    /// Status messages of failing spans, and with the salt 1 names of webhooks. Of a file that has more than rows can tell apart
    /// the rest aren't kept.
    private var messages = SymbolTable()
    /// What spans say about their sources.
    private var notes: [UInt32: SourceNotes] = [:]
    private let roles: ServiceNames
    private let correctedClocks: [SourceLabels: ClockSteps]
    /// By operation.
    private var calls: [(end: CallEnd, cluster: UInt64)] = []
    /// By source; nil for clocks that aren't corrected.
    private var clocks: [ClockSteps?] = []
    private var translations: [Translation] = []
    /// The translation to replace next when there are too many.
    private var oldest = 0
    private var written = Written()

    /// Stands for a number beyond what a table or a batch can hold.
    private static let overflow = UInt32.max
    /// Bytes of all names of a table: a million names of 64 bytes.
    private static let bytesMax = 64 << 20
    /// More than the batches of eight archives read at a time.
    private static let translationsMax = 128

    /// The numbers here of a batch's names.
    struct Translation {
        fileprivate let names: BatchNames
        fileprivate var operations: [UInt32] = []
        fileprivate var requests: [UInt32] = []
        fileprivate var sources: [UInt32] = []
        /// Of one batch only: the next one has messages of its own.
        fileprivate var messages: [UInt16] = []

        @inline(__always)
        func operation(_ number: UInt16) -> UInt32 {
            number == SpanBatch.overflow ? OrderedNames.overflow : operations[Int(number)]
        }

        /// Translates a `request` column.
        @inline(__always)
        func request(_ column: UInt16) -> UInt32 {
            if column == 0 { return 0 }
            return column == SpanBatch.overflow ? OrderedNames.overflow : requests[Int(column) &- 1]
        }

        @inline(__always)
        func source(_ number: UInt16) -> UInt32 {
            number == SpanBatch.overflow ? OrderedNames.overflow : sources[Int(number)]
        }

        /// Translates `SpanFlags.message`.
        @inline(__always)
        func message(_ number: UInt8) -> UInt16 { number == 0 ? 0 : messages[Int(number) &- 1] }
    }

    /// - Parameters:
    ///   - services: which services have which role.
    ///   - clocks: those to be corrected.
    init(services: ServiceNames = .usual, correcting clocks: [SourceLabels: ClockSteps] = [:]) {
        roles = services
        correctedClocks = clocks
        _ = clusters.intern(RawSpan(), salt: 0, limit: .max)
    }

    // MARK: Names of batches

    /// The translation of a batch's names, extended by those that are new.
    mutating func translate(_ batch: borrowing SpanBatch) -> Translation {
        let index = index(of: batch.names)
        while translations[index].operations.count < batch.operationCount {
            let operation = translations[index].operations.count
            let cluster = batch.withCluster(ofOperation: operation) { Self.cluster($0, &clusters) }
            let number = batch.withOperation(operation) { service, name, kind in
                let serviceNumber = Self.intern(service, salt: cluster, &services)
                // The salt has 24 bits for the service.
                let salt = min(serviceNumber, 0xFF_FFFF) &<< 8 | UInt32(kind.rawValue)
                let number = Self.intern(name, salt: salt, &operations)
                if Int(number) == calls.count {
                    let end = CallEnd(roles.role(of: service), name: name.text, kind: kind)
                    calls.append((end, clusters.withBytes(Int(cluster)) { ByteHash.hash($0, key: 0, seed: 1) }))
                }
                return number
            }
            translations[index].operations.append(number)
        }
        while translations[index].requests.count < batch.requestCount {
            let request = translations[index].requests.count
            let cluster = batch.withCluster(ofRequest: request) { Self.cluster($0, &clusters) }
            let number = batch.withRequest(request) { key, salt in
                Self.intern(key, salt: cluster &<< 16 | salt & 0xFFFF, &requests)
            }
            translations[index].requests.append(number == Self.overflow ? number : number + 1)
        }
        while translations[index].sources.count < batch.sourceCount {
            let number = batch.withSourceKey(translations[index].sources.count) { key, salt in
                let number = Self.intern(key, salt: salt, &sources)
                if Int(number) == clocks.count { clocks.append(correctedClocks[SourceLabels(key, salt: salt)]) }
                return number
            }
            translations[index].sources.append(number)
        }
        translations[index].messages.removeAll(keepingCapacity: true)
        for message in 0..<batch.messageCount {
            let salt: UInt32 = batch.isWebhook(message) ? 1 : 0
            let number = batch.withMessage(message) {
                messages.intern($0, salt: salt, limit: OrderedSpan.messagesMax)
            }
            translations[index].messages.append(number.map { UInt16(truncatingIfNeeded: $0 + 1) } ?? 0)
        }
        return translations[index]
    }

    /// Adds what a batch says about its sources.
    mutating func addNotes(of batch: borrowing SpanBatch, _ translation: Translation) {
        for (source, more) in batch.notes {
            notes[translation.source(source), default: SourceNotes()].add(more)
        }
    }

    /// Adds to a batch what all batches say about their sources.
    package mutating func appendNotes(to batch: inout SpanBatch) {
        if written.names !== batch.names { written = Written(names: batch.names) }
        for (source, notes) in notes { batch.note(notes, of: self.source(source, in: &batch)) }
    }

    // MARK: Clocks

    /// Whether any clock is corrected.
    var correctsClocks: Bool { !correctedClocks.isEmpty }

    /// Which side of a call to etcd spans of an operation are, and a hash of their cluster's name, the same in every process.
    @inline(__always)
    func call(_ operation: UInt32) -> (end: CallEnd, cluster: UInt64) {
        operation < calls.count ? calls[Int(operation)] : (.none, 0)
    }

    /// How far a source's clock is ahead at a time by that clock; nanoseconds.
    @inline(__always)
    func clockOffset(of source: UInt32, at time: Int64) -> Int64 {
        source < clocks.count ? clocks[Int(source)]?.offset(at: time) ?? 0 : 0
    }

    /// The labels of a source.
    func labels(ofSource number: UInt32) -> SourceLabels {
        sources.withBytes(Int(number)) { SourceLabels($0, salt: sources.salt(Int(number))) }
    }

    private static func intern(_ bytes: RawSpan, salt: UInt32, _ table: inout SymbolTable) -> UInt32 {
        let limit = table.byteCount < bytesMax ? Int.max : table.count
        return table.intern(bytes, salt: salt, limit: limit).map { UInt32(truncatingIfNeeded: $0) } ?? overflow
    }

    /// The salts have 16 bits for the cluster; of more clusters the rest are taken for one without a name.
    private static func cluster(_ name: RawSpan, _ clusters: inout SymbolTable) -> UInt32 {
        let number = intern(name, salt: 0, &clusters)
        return number <= 0xFFFF ? number : 0
    }

    private mutating func index(of names: BatchNames) -> Int {
        if let index = translations.firstIndex(where: { $0.names === names }) { return index }
        guard translations.count == Self.translationsMax else {
            translations.append(Translation(names: names))
            return translations.count - 1
        }
        defer { oldest = (oldest + 1) % Self.translationsMax }
        translations[oldest] = Translation(names: names)
        return oldest
    }

    // MARK: The order of names

    func isOperation(_ a: UInt32, before b: UInt32) -> Bool {
        guard a != Self.overflow, b != Self.overflow else { return a < b }
        let (salt, otherSalt) = (operations.salt(Int(a)), operations.salt(Int(b)))
        if salt >> 8 != otherSalt >> 8 { return isService(salt >> 8, before: otherSalt >> 8) }
        if salt != otherSalt { return salt < otherSalt }
        return Self.isName(a, before: b, operations)
    }

    private func isService(_ a: UInt32, before b: UInt32) -> Bool {
        guard Int(a) < services.count, Int(b) < services.count else { return a < b }
        let (cluster, otherCluster) = (services.salt(Int(a)), services.salt(Int(b)))
        if cluster != otherCluster { return Self.isName(cluster, before: otherCluster, clusters) }
        return Self.isName(a, before: b, services)
    }

    /// Compares `request` columns.
    func isRequest(_ a: UInt32, before b: UInt32) -> Bool {
        guard min(a, b) > 0, max(a, b) != Self.overflow else { return a < b }
        let (salt, otherSalt) = (requests.salt(Int(a) - 1), requests.salt(Int(b) - 1))
        if salt >> 16 != otherSalt >> 16 { return Self.isName(salt >> 16, before: otherSalt >> 16, clusters) }
        return salt != otherSalt ? salt < otherSalt : Self.isName(a - 1, before: b - 1, requests)
    }

    func isSource(_ a: UInt32, before b: UInt32) -> Bool {
        guard a != Self.overflow, b != Self.overflow else { return a < b }
        return sources.withBytes(Int(a)) { key in
            sources.withBytes(Int(b)) { other in
                SourceKey.isBefore(key, salt: sources.salt(Int(a)), other, salt: sources.salt(Int(b)))
            }
        }
    }

    /// Spans without a message come first.
    func isMessage(_ a: UInt16, before b: UInt16) -> Bool {
        guard min(a, b) > 0 else { return a < b }
        return Self.isName(UInt32(a) - 1, before: UInt32(b) - 1, messages)
    }

    private static func isName(_ a: UInt32, before b: UInt32, _ table: borrowing SymbolTable) -> Bool {
        guard Int(a) < table.count, Int(b) < table.count else { return a < b }
        return table.withBytes(Int(a)) { a in table.withBytes(Int(b)) { b in ByteHash.isBefore(a, b) } }
    }

    // MARK: Batches in order

    /// The numbers of names in the batch being written.
    private struct Written {
        var names: BatchNames?
        /// By the number here; `unknown` if the batch doesn't have the name yet.
        var operations: [Int32] = []
        var requests: [Int32] = []
        var sources: [Int32] = []

        static let unknown: Int32 = -1
    }

    /// Adds a span to a batch. The numbers of its names there depend only on the order of spans.
    @inline(__always)
    package mutating func append(_ span: OrderedSpan, to batch: inout SpanBatch) {
        if written.names !== batch.names { written = Written(names: batch.names) }
        var row = SpanRow(
            traceHigh: span.traceHigh, traceLow: span.traceLow, spanID: span.spanID, parentID: span.parentID,
            start: span.start, duration: span.duration, operation: operation(span.operation, in: &batch),
            request: request(span.request, in: &batch), source: source(span.source, in: &batch), flags: span.flags)
        if span.message > 0 {
            let number = Int(span.message) - 1
            let isWebhook = messages.salt(number) == 1
            row.flags.message = messages.withBytes(number) { isWebhook ? batch.webhook(key: $0) : batch.message($0) }
        }
        batch.append(row, bucket: span.bucket)
    }

    @inline(__always)
    private mutating func operation(_ number: UInt32, in batch: inout SpanBatch) -> UInt16 {
        if number < written.operations.count, written.operations[Int(number)] >= 0 {
            return UInt16(truncatingIfNeeded: written.operations[Int(number)])
        }
        return number == Self.overflow ? SpanBatch.overflow : addOperation(number, to: &batch)
    }

    @inline(__always)
    private mutating func request(_ number: UInt32, in batch: inout SpanBatch) -> UInt16 {
        if number == 0 { return 0 }
        if number < written.requests.count, written.requests[Int(number)] >= 0 {
            return UInt16(truncatingIfNeeded: written.requests[Int(number)])
        }
        return number == Self.overflow ? SpanBatch.overflow : addRequest(number, to: &batch)
    }

    @inline(__always)
    private mutating func source(_ number: UInt32, in batch: inout SpanBatch) -> UInt16 {
        if number < written.sources.count, written.sources[Int(number)] >= 0 {
            return UInt16(truncatingIfNeeded: written.sources[Int(number)])
        }
        return number == Self.overflow ? SpanBatch.overflow : addSource(number, to: &batch)
    }

    @inline(never)
    private mutating func addOperation(_ number: UInt32, to batch: inout SpanBatch) -> UInt16 {
        let salt = operations.salt(Int(number))
        let service = Int(salt >> 8)
        let serviceNumber =
            service < services.count
            ? addService(service, to: &batch) : SpanBatch.overflow
        let kind = SpanKind(rawValue: UInt8(truncatingIfNeeded: salt)) ?? .unspecified
        let known = operations.withBytes(Int(number)) { name in
            batch.operation(service: serviceNumber, name: name, kind: kind)
        }
        Self.set(&written.operations, number, known)
        return known
    }

    private func addService(_ service: Int, to batch: inout SpanBatch) -> UInt16 {
        let cluster = clusters.withBytes(Int(services.salt(service))) { batch.cluster($0) }
        return services.withBytes(service) { batch.service($0, cluster: cluster) }
    }

    @inline(never)
    private mutating func addRequest(_ number: UInt32, to batch: inout SpanBatch) -> UInt16 {
        let salt = requests.salt(Int(number) - 1)
        let cluster = clusters.withBytes(Int(salt >> 16)) { batch.cluster($0) }
        let known = requests.withBytes(Int(number) - 1) { batch.request(key: $0, salt: salt, cluster: cluster) }
        Self.set(&written.requests, number, known)
        return known
    }

    @inline(never)
    private mutating func addSource(_ number: UInt32, to batch: inout SpanBatch) -> UInt16 {
        let salt = sources.salt(Int(number))
        let known = sources.withBytes(Int(number)) { batch.source(key: $0, salt: salt) }
        Self.set(&written.sources, number, known)
        return known
    }

    private static func set(_ numbers: inout [Int32], _ number: UInt32, _ known: UInt16) {
        while numbers.count <= Int(number) { numbers.append(Written.unknown) }
        numbers[Int(number)] = Int32(known)
    }
}

extension ByteHash {
    /// Lexicographic order of bytes: a prefix comes first.
    static func isBefore(_ a: RawSpan, _ b: RawSpan) -> Bool {
        for offset in 0..<min(a.byteCount, b.byteCount) where byte(a, at: offset) != byte(b, at: offset) {
            return byte(a, at: offset) < byte(b, at: offset)
        }
        return a.byteCount < b.byteCount
    }
}
