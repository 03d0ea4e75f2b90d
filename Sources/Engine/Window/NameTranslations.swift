/// The window's numbers for the names of batches, kept between appends: a reused batch has mostly the names it had
/// before.
struct NameTranslations: Sendable {
    private var known: [NameTranslation] = []
    /// The one to replace next when there are too many.
    private var oldest = 0

    /// More than the batches in use at a time: one on each thread of a receiver, ten for each archive of a replay. Each
    /// takes at most 384 KiB.
    private static let knownMax = 64

    /// The translation of a batch's numbers, extended by those that are new.
    mutating func translate(
        _ batch: borrowing SpanBatch, clusters: inout ClusterTable, operations: inout OperationTable,
        requests: inout RequestTable, sources: inout SourceTable
    ) -> NameTranslation {
        let index = index(of: batch.names)
        known[index].extend(to: batch, &clusters, &operations, &requests, &sources)
        return known[index]
    }

    private mutating func index(of names: BatchNames) -> Int {
        if let index = known.firstIndex(where: { $0.names === names }) { return index }
        guard known.count == Self.knownMax else {
            known.append(NameTranslation(names: names))
            return known.count - 1
        }
        let index = oldest
        known[index] = NameTranslation(names: names)
        oldest = (oldest + 1) % Self.knownMax
        return index
    }
}

/// The window's numbers for the names of one batch.
struct NameTranslation: Sendable {
    fileprivate let names: BatchNames
    /// By the batch's operation number.
    private var operations: [UInt16] = []
    /// The window's `request` column by that of the batch.
    private var requests: [UInt16] = [0]
    /// By the batch's source number.
    private var sources: [UInt16] = []
    /// The window's number for the cluster of each source.
    private var clusters: [UInt8] = []

    /// Marks a number that isn't translated yet; no table has so many names. Only names that spans of the batch use are
    /// translated: a batch remembers names from long ago, which must not be revived.
    private static let unknown = UInt16.max

    fileprivate init(names: BatchNames) {
        self.names = names
    }

    @inline(__always)
    func operation(_ number: UInt16) -> UInt16 {
        number == SpanBatch.overflow ? OperationTable.overflow : operations[Int(number)]
    }

    /// Translates a `request` column.
    @inline(__always)
    func request(_ column: UInt16) -> UInt16 {
        column == SpanBatch.overflow ? RequestTable.overflow + 1 : requests[Int(column)]
    }

    @inline(__always)
    func source(_ number: UInt16) -> UInt16 {
        number == SpanBatch.overflow ? SourceTable.overflow : sources[Int(number)]
    }

    /// The window's number for a source's cluster.
    @inline(__always)
    func cluster(ofSource number: UInt16) -> UInt8 {
        number == SpanBatch.overflow ? ClusterTable.unnamed : clusters[Int(number)]
    }

    fileprivate mutating func extend(
        to batch: borrowing SpanBatch, _ clusterTable: inout ClusterTable, _ operationTable: inout OperationTable,
        _ requestTable: inout RequestTable, _ sourceTable: inout SourceTable
    ) {
        Self.extend(&operations, to: batch.operationCount)
        Self.extend(&requests, to: batch.requestCount + 1)
        Self.extend(&sources, to: batch.sourceCount)
        while clusters.count < sources.count { clusters.append(ClusterTable.unnamed) }
        for row in 0..<batch.count {
            let operation = batch.columns.operation[row]
            if operation != SpanBatch.overflow, operations[Int(operation)] == Self.unknown {
                let cluster = batch.withCluster(ofOperation: Int(operation)) { clusterTable.label($0.text) }
                operations[Int(operation)] = batch.withOperation(Int(operation)) {
                    operationTable.number(cluster: cluster, service: $0, name: $1, kind: $2)
                }
            }
            let request = batch.columns.request[row]
            if request != SpanBatch.overflow, requests[Int(request)] == Self.unknown {
                let cluster = batch.withCluster(ofRequest: Int(request) - 1) { clusterTable.label($0.text) }
                requests[Int(request)] =
                    batch.withRequest(Int(request) - 1) {
                        requestTable.number(cluster: cluster, key: $0, salt: $1)
                    } + 1
            }
            translate(source: batch.columns.source[row], of: batch, &clusterTable, &sourceTable)
        }
        for source in batch.notes.keys { translate(source: source, of: batch, &clusterTable, &sourceTable) }
    }

    @inline(__always)
    private mutating func translate(
        source: UInt16, of batch: borrowing SpanBatch, _ clusterTable: inout ClusterTable,
        _ sourceTable: inout SourceTable
    ) {
        guard source != SpanBatch.overflow, sources[Int(source)] == Self.unknown else { return }
        sources[Int(source)] = batch.withSourceKey(Int(source)) { sourceTable.number(key: $0, salt: $1) }
        clusters[Int(source)] = batch.withSource(Int(source)) { cluster, _, _ in clusterTable.number(cluster.text) }
    }

    private static func extend(_ numbers: inout [UInt16], to count: Int) {
        if numbers.count < count { numbers += repeatElement(unknown, count: count - numbers.count) }
    }
}
