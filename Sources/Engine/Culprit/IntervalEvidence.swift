import Support

/// What the spans of an interval say, whatever it is compared with: alerts of one evaluation ask about the same half minute.
struct IntervalEvidence: Sendable {
    private let roles: [EvidenceGathering.Role]
    /// By request series, whether it belongs to the cluster in question.
    private let isWanted: [Bool]
    private(set) var failures = Failures()
    private var failedCalls = FailedCalls()
    /// Ends of spans, by slot.
    private(set) var ends: [(slot: Int64, etcd: SlotDigest.Seconds, apiServer: SlotDigest.Seconds)] = []
    /// Calls to etcd that ended in the interval, and those that contain a handler.
    private(set) var (calls, callsHandled) = (0, 0)
    private(set) var handlersWithParent = 0
    /// Spans of the API server that lasted three seconds or more, without watches.
    private(set) var longSpans: [Range<Int64>] = []
    /// Those that are calls to etcd.
    private(set) var longCalls: [Range<Int64>] = []
    /// Who sent the spans of etcd, and those of the API server.
    private(set) var (etcds, apiServers) = (SendersSeen(), SendersSeen())
    private var waits = StoppedProcesses()
    /// When etcd's handlers began and the API servers' spans ended.
    private var lives: SourceLives
    /// The members of etcd and the API servers that have spans, if calls to etcd wait.
    private(set) var (memberCount, serverCount) = (0, 0)
    private(set) var delays = CallDelays()
    private(set) var stall: Stall?

    /// Whether spans came from more than one source.
    struct SendersSeen {
        private var first: UInt16?
        private(set) var areSeveral = false

        @inline(__always)
        fileprivate mutating func add(_ source: UInt16) {
            if source != first {
                areSeveral = first != nil
                first = source
            }
        }
    }

    /// - Parameters:
    ///   - slots: those that overlap the interval.
    ///   - roles: by operation.
    ///   - isWanted: by request series.
    ///   - sources: how many there are.
    init(
        _ interval: Range<Int64>, _ slots: [SlotView], roles: [EvidenceGathering.Role], isWanted: [Bool], sources: Int
    ) {
        self.roles = roles
        self.isWanted = isWanted
        lives = SourceLives(interval, sources: sources)
        for slot in slots { add(slot) }
        for slot in slots {
            addHandlers(slot)
            addFailedWebhooks(slot)
        }
        lives.sum()
        (memberCount, serverCount) = (lives.count(areEtcd: true), lives.count(areEtcd: false))
        delays = waits.delays(lives)
        stall = waits.stall
        failedCalls.moveRest(to: .proxy, of: &failures)
    }

    private mutating func add(_ slot: SlotView) {
        addSpans(slot)
        guard let attribution = slot.attribution else { return }
        for request in attribution.requests
        where isWanted[Int(request.series)] && slot.row(Int(request.row)).flags.isError {
            failures.addRequest(
                series: Int(request.series), message: slot.messages?.text(ofRow: Int(request.row)))
        }
    }

    private mutating func addSpans(_ slot: SlotView) {
        var blockStart = 0
        var etcdEnds = SlotDigest.Seconds(repeating: 0)
        var apiServerEnds = etcdEnds
        let attribution = slot.attribution
        slot.forEachBlock { columns, count in
            for offset in 0..<count {
                let operation = Int(columns.operation[offset])
                let end = columns.start[offset] &+ columns.duration[offset]
                switch roles[operation] {
                case .none: continue
                case .etcd:
                    etcdEnds[SlotDigest.second(end, of: slot)] &+= 1
                    etcds.add(columns.source[offset])
                    if columns.parentID[offset] != 0 { handlersWithParent += 1 }
                    continue
                case .etcdCall: addCall(slot, attribution, row: blockStart + offset, columns, offset)
                case .call: addOtherCall(slot, row: blockStart + offset, columns, offset)
                case .mutatingWebhook, .validatingWebhook, .apiServer: break
                }
                apiServerEnds[SlotDigest.second(end, of: slot)] &+= 1
                apiServers.add(columns.source[offset])
                guard EvidenceGathering.isLong(columns, offset), longSpans.count < EvidenceGathering.longSpansMax else {
                    continue
                }
                longSpans.append(columns.start[offset]..<end)
                if roles[operation] == .etcdCall { longCalls.append(columns.start[offset]..<end) }
            }
            blockStart += count
        }
        ends.append((slot.start, etcdEnds, apiServerEnds))
    }

    private mutating func addCall(
        _ slot: SlotView, _ attribution: SlotAttribution?, row: Int, _ columns: borrowing SpanColumns, _ offset: Int
    ) {
        guard let attribution, row < attribution.rowCount, let selfTime = attribution.selfTimes[row] else { return }
        let duration = columns.duration[offset]
        calls += 1
        let isHandled = selfTime < duration
        if isHandled { callsHandled += 1 }
        if SpanFlags(rawValue: columns.flags[offset]).isError {
            failures.etcdCalls.add()
            addFailed(slot.messages?.text(ofRow: row), isHandled: isHandled)
        }
        guard selfTime >= StoppedProcesses.waitMin else { return }
        let start = columns.start[offset]
        waits.add(columns.spanID[offset], start..<start &+ duration, of: columns.source[offset])
    }

    /// Adds what a failed call to etcd says.
    private mutating func addFailed(_ message: String?, isHandled: Bool) {
        failures.etcdMessages.add(message)
        guard isHandled else { return }
        failures.etcdAnswered += 1
        failures.etcdAnswers.add(message)
    }

    /// Adds a call to something other than etcd, if it failed.
    private mutating func addOtherCall(
        _ slot: SlotView, row: Int, _ columns: borrowing SpanColumns, _ offset: Int
    ) {
        guard SpanFlags(rawValue: columns.flags[offset]).isError else { return }
        failures.calls.add()
        failedCalls.add(parent: columns.parentID[offset], message: slot.messages?.text(ofRow: row))
    }

    /// Finds the webhooks whose calls failed.
    private mutating func addFailedWebhooks(_ slot: SlotView) {
        guard !failedCalls.isEmpty else { return }
        var blockStart = 0
        slot.forEachBlock { columns, count in
            for row in 0..<count {
                guard let component = roles[Int(columns.operation[row])].webhook else { continue }
                failedCalls.move(
                    below: columns.spanID[row], to: component,
                    slot.webhooks?.text(ofRow: blockStart + row).map { WebhookName(key: $0) }, of: &failures)
            }
            blockStart += count
        }
    }

    /// Finds the handlers of the calls that waited long, and what happened meanwhile.
    private mutating func addHandlers(_ slot: SlotView) {
        guard !waits.isEmpty else { return }
        slot.forEachBlock { columns, count in
            Self.addHandlers(columns, count, roles, &waits, &lives)
            Self.addLife(columns, count, roles, &lives)
        }
    }

    // Separate functions, so that addresses stay in registers.
    private static func addHandlers(
        _ columns: borrowing SpanColumns, _ count: Int, _ roles: [EvidenceGathering.Role],
        _ waits: inout StoppedProcesses, _ lives: inout SourceLives
    ) {
        let (operations, roles) = (columns.operation.span(0..<count), roles.span)
        for row in 0..<count where roles[Int(operations[row])] == .etcd {
            let start = columns.start[row]
            lives.add(start, columns.source[row], isEtcd: true)
            let parent = columns.parentID[row]
            if waits.mayWait(for: parent) {
                waits.match(parent, start..<start &+ columns.duration[row], of: columns.source[row])
            }
        }
    }

    private static func addLife(
        _ columns: borrowing SpanColumns, _ count: Int, _ roles: [EvidenceGathering.Role], _ lives: inout SourceLives
    ) {
        let (operations, roles) = (columns.operation.span(0..<count), roles.span)
        for row in 0..<count {
            switch roles[Int(operations[row])] {
            case .none, .etcd: continue
            case .etcdCall, .call, .mutatingWebhook, .validatingWebhook, .apiServer:
                lives.add(columns.start[row] &+ columns.duration[row], columns.source[row], isEtcd: false)
            }
        }
    }
}
