/// The results for a slot while it is attributed. Reused for the next slot.
struct SlotAttributionBuilder: ~Copyable, Sendable {
    /// A request whose own time has been divided.
    struct Request: BitwiseCopyable, Sendable {
        /// Its row in the slot.
        let row: UInt32
        /// Its first part; its parts end where the next request's begin.
        let firstPart: UInt32
        /// Its number in the view's `requests`.
        let series: UInt16
        /// `SpanFlags`.
        let flags: UInt8
        var decision = TieDecision.tied
        /// Without `lead`, nanoseconds.
        let duration: Int64
        /// The time before it, of the authentication that was tied to it, nanoseconds.
        var lead: Int64 = 0
        /// As in `AttributedRequest`.
        let ownBucket: UInt16
        /// Whether it waited for etcd at all.
        let reachesEtcd: Bool
        /// Whether one of its parts was kept for an authentication and has no time.
        var hasEmptyPart: Bool
    }

    private(set) var requests: [Request] = []
    private(set) var parts = Column<RequestPart>(capacity: 512)
    private(set) var partCount = 0
    /// Requests with a part that has no time.
    private(set) var emptyCount = 0
    private let buckets = LatencyBucket.shared

    /// No component's number.
    private static let noComponent = UInt32.max

    var byteCount: Int {
        requests.capacity * MemoryLayout<Request>.stride + parts.capacity * MemoryLayout<RequestPart>.stride
    }

    mutating func removeAll() {
        requests.removeAllKeepingRoom()
        parts.makeRoom(max(partCount, 512))
        partCount = 0
        emptyCount = 0
    }

    /// - Parameters:
    ///   - lead: the time before the span that is part of the request, nanoseconds; the partition has it.
    ///   - mayBeTied: keeps a part for an authentication that is tied later.
    mutating func add(
        _ partition: borrowing RequestPartition, of span: TraceSpan, lead: Int64 = 0, mayBeTied: Bool = false
    ) {
        if parts.capacity - partCount < ComponentTable.countMax { growParts() }
        let authentication = UInt32(Component.authentication.number)
        let end = Self.add(
            partition.parts, partition.present | (mayBeTied ? 1 &<< authentication : 0), of: span,
            keeping: mayBeTied ? authentication : Self.noComponent, to: parts, from: partCount)
        let etcd = partition.parts[Int(Component.etcd.number)] &+ partition.parts[Int(Component.etcdClient.number)]
        let isEmpty = mayBeTied && partition.parts[Int(authentication)] == 0
        requests.append(
            Request(
                row: UInt32(truncatingIfNeeded: span.row), firstPart: UInt32(truncatingIfNeeded: partCount),
                series: span.request &- 1, flags: span.flags.rawValue, duration: span.duration &+ lead,
                ownBucket: buckets.code(Self.ownWork(partition.parts)), reachesEtcd: etcd > 0,
                hasEmptyPart: isEmpty))
        partCount = end
        emptyCount &+= isEmpty ? 1 : 0
    }

    private static func ownWork(_ parts: borrowing Column<Int64>) -> Int64 {
        parts[Int(Component.storage.number)] &+ parts[Int(Component.audit.number)]
            &+ parts[Int(Component.impersonation.number)] &+ parts[Int(Component.serialize.number)]
            &+ parts[Int(Component.apiServer.number)]
    }

    /// Adds the authentication that was tied to a request.
    mutating func extend(_ request: Int, by lead: Int64) {
        requests[request].lead = lead
        var part = Int(requests[request].firstPart)
        while parts[part].series & UInt32(ComponentTable.countMax - 1) != UInt32(Component.authentication.number) {
            part += 1
        }
        if requests[request].hasEmptyPart, lead > 0 {
            requests[request].hasEmptyPart = false
            emptyCount &-= 1
        }
        parts[part].duration &+= lead
    }

    /// Notes why a request begins with its own span.
    mutating func leaveUntied(_ request: Int, _ decision: TieDecision) {
        requests[request].decision = decision
    }

    /// Appends the parts of a request. (Columns passed as parameters stay in registers.)
    ///
    /// - Returns: the new number of parts.
    private static func add(
        _ durations: borrowing Column<Int64>, _ present: UInt32, of span: TraceSpan, keeping kept: UInt32,
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
            end &+= duration > 0 || number == kept ? 1 : 0
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
