import Support

/// What a process of the control plane did, second by second, according to its spans.
package struct SourceActivity: Sendable {
    package struct Second: Hashable, Sendable {
        /// Unix nanoseconds.
        package var start: Int64
        /// Spans that ended in it.
        package var spans = 0
        /// Failed requests without a resource: health checks while an API server starts.
        package var failedPaths = 0
        /// Calls to etcd that belong to no request: among them the first lists of an API server's caches.
        package var ownCalls = 0
        /// Watch streams of etcd that ended with an error.
        package var brokenStreams = 0
        /// Handlers of etcd below a call: something called it.
        package var answers = 0
        /// When the first of its spans began, Unix nanoseconds.
        package var earliestStart = Int64.max

        package init(start: Int64) { self.start = start }
    }

    package var source: SourceLabels
    package var role: ServiceRole
    /// Those in which spans ended, in order.
    package var seconds: [Second]
    /// How many of its spans came late so far: after their second had been looked at.
    package var late: Int

    package init(source: SourceLabels, role: ServiceRole, seconds: [Second], late: Int = 0) {
        self.source = source
        self.role = role
        self.seconds = seconds
        self.late = late
    }

    /// How far back from its end activity is searched for, nanoseconds.
    static let lengthMax: Int64 = 900_000_000_000
    static let second: Int64 = 1_000_000_000
}

extension WindowView {
    /// What each API server and etcd did in `from..<to` (Unix nanoseconds), at most the last quarter of an hour, of at most
    /// `sourcesMax` sources.
    package func activity(from: Int64, to: Int64, sourcesMax: Int) -> [SourceActivity] {
        let from = max(from, to.subtractingSaturating(SourceActivity.lengthMax))
        guard from < to else { return [] }
        var meter = ActivityMeter(self, from: from, to: to, sourcesMax: sourcesMax)
        for slot in slots.overlapping(from: from, to: to) { meter.add(slot) }
        return meter.activities
    }
}

/// Counts the spans of each source by the second in which they ended.
private struct ActivityMeter {
    /// What a span says, by its operation.
    private enum Kind: UInt8 {
        case none, apiServer, request, etcdCall, etcdStream, etcd
    }

    private let kinds: [Kind]
    private let roles: [String: ServiceRole]
    /// By request number: whether it has no resource.
    private let arePaths: [Bool]
    /// By the source's number: the index of its first second; -1 for sources that aren't counted.
    private var firstSecond: [Int]
    private let counted: [(labels: SourceLabels, late: Int)]
    private var seconds: [SourceActivity.Second] = []
    private let range: TimeRange
    private let secondCount: Int

    init(_ view: WindowView, from: Int64, to: Int64, sourcesMax: Int) {
        kinds = view.operations.map(Self.kind)
        arePaths = view.requests.map { $0.resource.isEmpty }
        range = TimeRange(from: from, to: to)
        secondCount = Int((to - from + SourceActivity.second - 1) / SourceActivity.second)
        firstSecond = Array(repeating: -1, count: view.sources.count)
        roles = Dictionary(view.operations.map { ($0.service, $0.role) }) { first, _ in first }
        var counted: [(labels: SourceLabels, late: Int)] = []
        for (number, source) in view.sources.enumerated() where number != Int(SourceTable.overflow) {
            guard counted.count < sourcesMax, [.apiServer, .etcd].contains(roles[source.service]) else { continue }
            firstSecond[number] = counted.count * secondCount
            counted.append((source, view.lateSpans[number]))
        }
        self.counted = counted
        let empty = (0..<secondCount).map { SourceActivity.Second(start: from + Int64($0) * SourceActivity.second) }
        for _ in counted { seconds += empty }
    }

    private static func kind(_ operation: OperationLabels) -> Kind {
        switch operation.role {
        case .other, .kubelet: .none
        case .etcd: .etcd
        case .apiServer:
            switch operation.kind {
            case .server: .request
            case .client where operation.operation.hasPrefix("etcdserverpb."):
                operation.operation == "etcdserverpb.Watch/Watch" ? .etcdStream : .etcdCall
            default: .apiServer
            }
        }
    }

    mutating func add(_ slot: SlotView) {
        slot.forEachBlock { columns, count in
            Self.add(columns, count, kinds, firstSecond, arePaths, range, &seconds)
        }
    }

    // A separate function, so that addresses stay in registers.
    private static func add(
        _ columns: borrowing SpanColumns, _ count: Int, _ kinds: [Kind], _ firstSecond: [Int], _ arePaths: [Bool],
        _ range: TimeRange, _ seconds: inout [SourceActivity.Second]
    ) {
        let rows = 0..<count
        let (operations, sources) = (columns.operation.span(rows), columns.source.span(rows))
        let (starts, durations) = (columns.start.span(rows), columns.duration.span(rows))
        let (kinds, firstSecond) = (kinds.span, firstSecond.span)
        let arePaths = arePaths.span
        var seconds = seconds.mutableSpan
        for row in rows {
            let (operation, source) = (Int(operations[row]), Int(sources[row]))
            guard operation < kinds.count, source < firstSecond.count else { continue }
            let (kind, first, end) = (kinds[operation], firstSecond[source], starts[row] &+ durations[row])
            guard kind != .none, first >= 0, range.contains(end) else { continue }
            let index = first + Int((end - range.from) / SourceActivity.second)
            seconds[index].spans += 1
            seconds[index].earliestStart = min(seconds[index].earliestStart, starts[row])
            let isError = columns.flags[row] & SpanFlags.error != 0
            switch kind {
            case .etcdStream where isError: seconds[index].brokenStreams += 1
            case .etcdCall where columns.parentID[row] == 0: seconds[index].ownCalls += 1
            case .etcd where columns.parentID[row] != 0: seconds[index].answers += 1
            case .request where isError && Self.isPath(columns.request[row], arePaths):
                seconds[index].failedPaths += 1
            case .none, .apiServer, .request, .etcdCall, .etcdStream, .etcd: break
            }
        }
    }

    /// - Parameter request: as in the column; 0 if the span isn't a request.
    private static func isPath(_ request: UInt16, _ arePaths: Span<Bool>) -> Bool {
        request > 0 && Int(request) <= arePaths.count && arePaths[Int(request) - 1]
    }

    var activities: [SourceActivity] {
        counted.enumerated().compactMap { number, source in
            let own = seconds[number * secondCount..<(number + 1) * secondCount].filter { $0.spans > 0 }
            guard !own.isEmpty || source.late > 0 else { return nil }
            return SourceActivity(
                source: source.labels, role: roles[source.labels.service] ?? .other, seconds: own, late: source.late)
        }
    }
}
