/// The results for a slot while it is attributed. Reused for the next slot.
struct SlotWork: ~Copyable, Sendable {
    private(set) var requests: [AttributedRequest] = []
    private(set) var parts = Column<RequestPart>(capacity: 512)
    private(set) var partCount = 0
    private let buckets = LatencyBucket.shared

    var byteCount: Int {
        requests.capacity * MemoryLayout<AttributedRequest>.stride + parts.capacity * MemoryLayout<RequestPart>.stride
    }

    mutating func removeAll() {
        requests.removeAllKeepingRoom()
        parts.makeRoom(max(partCount, 512))
        partCount = 0
    }

    mutating func add(_ partition: borrowing Partition, of span: TraceSpan) {
        let row = UInt32(truncatingIfNeeded: span.row)
        if parts.capacity - partCount < ComponentTable.countMax { growParts() }
        let end = Self.add(partition.parts, partition.present, of: span, to: parts, from: partCount)
        let etcd = partition.parts[Int(Component.etcd.number)] &+ partition.parts[Int(Component.etcdClient.number)]
        requests.append(
            AttributedRequest(
                row: row, firstPart: UInt32(truncatingIfNeeded: partCount), series: span.request &- 1,
                ownBucket: buckets.code(Self.ownWork(partition.parts)), reachesEtcd: etcd > 0))
        partCount = end
    }

    private static func ownWork(_ parts: borrowing Column<Int64>) -> Int64 {
        parts[Int(Component.storage.number)] &+ parts[Int(Component.audit.number)]
            &+ parts[Int(Component.impersonation.number)] &+ parts[Int(Component.serialize.number)]
            &+ parts[Int(Component.apiServer.number)]
    }

    /// Appends the parts of a request. (Columns passed as parameters stay in registers.)
    ///
    /// - Returns: the new number of parts.
    private static func add(
        _ durations: borrowing Column<Int64>, _ present: UInt32, of span: TraceSpan,
        to parts: borrowing Column<RequestPart>, from count: Int
    ) -> Int {
        let firstSeries = UInt32(span.request &- 1) &* UInt32(ComponentTable.countMax)
        var (present, end) = (present, count)
        while present != 0 {
            let number = UInt32(truncatingIfNeeded: present.trailingZeroBitCount)
            present &= present &- 1
            let duration = durations[Int(number)]
            parts[end] = RequestPart(
                duration: duration, series: firstSeries &+ number, flags: span.flags.rawValue)
            end &+= duration > 0 ? 1 : 0
        }
        return end
    }

    @inline(never)
    private mutating func growParts() {
        let larger = Column<RequestPart>(capacity: partCount * 2 + ComponentTable.countMax)
        larger.copyPrefix(partCount, of: parts)
        parts = larger
    }
}
