import Support

/// The counts of a slot under labels instead of numbers, so that another process can read them.
///
/// Encoded, it is `FLSL`, the version and then, as varints, text with its length before it, and blocks of bytes with theirs:
///
/// | | |
/// |---|---|
/// | start | of the slot, Unix nanoseconds |
/// | rows | the number of spans |
/// | components | their number, and their names by component number |
/// | operations | their number; of each its number, cluster, service, name, kind (as OTLP numbers it) and role |
/// | requests | their number; of each its number, cluster, verb, group, resource, subresource and scope |
/// | counts | the series of all populations, as `HistoryBlock` encodes them |
/// | own work | the API server's own work on requests, by request; then the same without those that reach etcd |
///
/// At the end is the checksum of all of that, FNV-1a in eight bytes, little-endian.
package struct SlotRecord: Sendable {
    /// Unix nanoseconds.
    package let start: Int64
    let rows: Int
    /// By component number.
    let components: [String]
    let operations: [Int: OperationLabels]
    let requests: [Int: RequestLabels]
    let counts: HistoryBlock
    let ownWork: HistoryBlock
    let ownWorkWithoutEtcd: HistoryBlock

    /// Unix nanoseconds, exclusive.
    var end: Int64 { start.addingSaturating(Window.slotWidth) }

    /// Bytes, those of labels estimated.
    var byteCount: Int {
        [counts, ownWork, ownWorkWithoutEtcd].reduce((operations.count + requests.count) * Self.labelBytes) {
            $0 + $1.byteCount
        }
    }
    private static let labelBytes = 256

    private static let mark = Array("FLSL".utf8)
    private static let version: UInt64 = 2
    private static let checksumBytes = 8

    /// Why bytes aren't a record.
    package enum FormatError: Error, CustomStringConvertible {
        case malformed
        case version(UInt64)

        package var description: String {
            switch self {
            case .malformed: "it isn't the record of a slot, or is damaged"
            case .version(let version): "its version is \(version); this process reads version \(SlotRecord.version)"
            }
        }
    }

    /// The counts of a view's attributed slots.
    ///
    /// - Parameters:
    ///   - start: only of slots that begin later, Unix nanoseconds.
    ///   - components: their names, by component number.
    package static func all(of view: WindowView, after start: Int64, components: [String]) -> [SlotRecord] {
        view.slots.lazy.filter { $0.start > start }.compactMap { SlotRecord($0, of: view, components: components) }
    }

    /// The counts of an attributed slot; nil if it isn't attributed.
    init?(_ slot: SlotView, of view: WindowView, components: [String]) {
        guard let attribution = slot.attribution else { return nil }
        start = slot.start
        rows = slot.count
        self.components = components
        var tally = SeriesTally()
        for population in Population.allCases { tally.add(slot, population, within: nil, wanted: nil) }
        counts = HistoryBlock(tally)
        operations = Dictionary(
            uniqueKeysWithValues: counts.series(.spans).map { ($0, view.operations[$0]) })
        requests = Dictionary(
            uniqueKeysWithValues: counts.series(.requests).map { ($0, view.requests[$0]) })
        tally.removeAll()
        for request in attribution.requests { tally.add(ownWorkOf: request) }
        ownWork = HistoryBlock(tally)
        tally.removeAll()
        for request in attribution.requests where !request.reachesEtcd { tally.add(ownWorkOf: request) }
        ownWorkWithoutEtcd = HistoryBlock(tally)
    }

    /// Reads an encoded record.
    package init(_ bytes: [UInt8]) throws(FormatError) {
        guard bytes.starts(with: Self.mark) else { throw .malformed }
        var reader = VarintReader(Array(bytes.dropFirst(Self.mark.count)))
        do {
            let version = try reader.number(UInt64.self)
            guard version == Self.version else { throw FormatError.version(version) }
            let contents = bytes.dropLast(Self.checksumBytes)
            guard Self.checksum(contents).elementsEqual(bytes[contents.endIndex...]) else {
                throw FormatError.malformed
            }
            start = Int64(truncatingIfNeeded: try reader.number(UInt64.self))
            rows = Int(try reader.number(UInt32.self))
            var components: [String] = []
            for _ in 0..<(try reader.count()) { components.append(try reader.text()) }
            self.components = components
            operations = try reader.operations()
            requests = try reader.requests()
            counts = try HistoryBlock(checking: reader.counted())
            ownWork = try HistoryBlock(checking: reader.counted())
            ownWorkWithoutEtcd = try HistoryBlock(checking: reader.counted())
        } catch let error as FormatError {
            throw error
        } catch {
            throw .malformed
        }
    }

    package var encoded: [UInt8] {
        var bytes = Self.mark
        bytes.appendVarint(Self.version)
        bytes.appendVarint(UInt64(bitPattern: start))
        bytes.appendVarint(UInt64(rows))
        bytes.appendVarint(UInt64(components.count))
        for name in components { bytes.append(text: name) }
        bytes.appendVarint(UInt64(operations.count))
        for (number, labels) in operations.sorted(by: { $0.key < $1.key }) {
            bytes.appendVarint(UInt64(number))
            bytes.append(text: labels.cluster)
            bytes.append(text: labels.service)
            bytes.append(text: labels.operation)
            bytes.appendVarint(UInt64(labels.kind.rawValue))
            bytes.append(text: labels.role.rawValue)
        }
        bytes.appendVarint(UInt64(requests.count))
        for (number, labels) in requests.sorted(by: { $0.key < $1.key }) {
            bytes.appendVarint(UInt64(number))
            let texts = [
                labels.cluster, labels.verb, labels.group, labels.resource, labels.subresource, labels.scope,
            ]
            for text in texts { bytes.append(text: text) }
        }
        for block in [counts, ownWork, ownWorkWithoutEtcd] { bytes.append(counted: block.bytes) }
        return bytes + Self.checksum(bytes[...])
    }

    private static func checksum(_ contents: ArraySlice<UInt8>) -> [UInt8] {
        let checksum = FNV1a.checksum(contents)
        return (0..<checksumBytes).map { UInt8(truncatingIfNeeded: checksum >> (8 * $0)) }
    }
}

extension VarintReader {
    fileprivate mutating func operations() throws(MalformedError) -> [Int: OperationLabels] {
        var operations: [Int: OperationLabels] = [:]
        for _ in 0..<(try count()) {
            let number = try count()
            let (cluster, service, operation) = (try text(), try text(), try text())
            let kind = SpanKind(rawValue: try self.number(UInt8.self)) ?? .unspecified
            let role = ServiceRole(rawValue: try text()) ?? .other
            operations[number] = OperationLabels(
                cluster: cluster, service: service, operation: operation, kind: kind, role: role)
        }
        return operations
    }

    fileprivate mutating func requests() throws(MalformedError) -> [Int: RequestLabels] {
        var requests: [Int: RequestLabels] = [:]
        for _ in 0..<(try count()) {
            let number = try count()
            requests[number] = RequestLabels(
                cluster: try text(), verb: try text(), group: try text(), resource: try text(),
                subresource: try text(), scope: try text())
        }
        return requests
    }
}

extension SeriesTally {
    /// Adds the API server's own work on a request, by request series. Only the bucket of its duration is known.
    fileprivate mutating func add(ownWorkOf request: AttributedRequest) {
        add(SeriesKey(.requests, Int(request.series)), bucket: request.ownBucket, duration: 0, isError: false)
    }
}

extension HistoryBlock {
    /// The numbers of the series of a population, ascending.
    fileprivate func series(_ population: Population) -> [Int] {
        var numbers: [Int] = []
        forEachSeries {
            $0.population == population.rawValue
        } body: {
            numbers.append($0.key.series)
        }
        return numbers
    }
}
