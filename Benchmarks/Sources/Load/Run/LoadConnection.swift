import NIOCore
import NIOPosix

/// Keeps one connection busy with as many requests as its window and pace allow, and replaces it if the server takes leave
/// or it breaks. Used on one event loop only.
final class LoadConnection {
    private let settings: LoadSettings
    private let source: RequestSource
    private let loop: any EventLoop
    private let finished: EventLoopPromise<Void>
    private let compressor: GzipCompressor?
    private var pace: Pace
    private(set) var tally = Tally()

    /// nil while nothing can be sent.
    private var wire: (any Wire)?
    /// The open connections: the current one, and those on which the last answers are awaited.
    private var lines: [ObjectIdentifier: Line] = [:]
    /// The connection that is being made, or that was made last.
    private var latest: ObjectIdentifier?
    private var underWay: [Int: Pending] = [:]
    private var lastTicket = 0
    private var isStopping = false
    private var isFinished = false

    private struct Pending {
        var spans: Int
        /// When it was sent; in an open loop, when it should have been.
        var begun: NIODeadline
        var line: ObjectIdentifier
    }

    private struct Line {
        let channel: any Channel
        var underWay = 0
        var hasAnswered = false
        /// Whether the server has said that it takes no more requests, and not because of an error.
        var isLeaving = false
        var isReplaced = false
    }

    private static let reconnectDelay = TimeAmount.seconds(1)
    private static let tick = TimeAmount.milliseconds(2)
    /// In an open loop: how late a request may be sent. Longer delays would be followed by a burst that nobody scheduled.
    private static let lateMax = TimeAmount.seconds(1)

    /// - Parameters:
    ///   - begun: when its first request is due.
    ///   - finished: succeeds when nothing more will be sent or answered
    init(
        _ settings: LoadSettings, source: RequestSource, begun: NIODeadline, loop: any EventLoop,
        finished: EventLoopPromise<Void>
    ) {
        self.settings = settings
        self.source = source
        self.loop = loop
        self.finished = finished
        compressor = settings.gzipLevel.map { GzipCompressor(level: $0) }
        pace = Pace(
            spansPerSecond: settings.spansPerSecond.map { $0 / Double(settings.connections) }, begun: begun)
    }

    func start() {
        connect()
        if let duration = settings.duration {
            loop.assumeIsolated().scheduleTask(in: duration) { self.stop() }
        }
        if settings.spansPerSecond != nil { keepPace() }
    }

    /// Stops sending, and finishes once everything is answered.
    func stop() {
        guard !isStopping else { return }
        isStopping = true
        missOverdue(by: Self.tick)
        loop.assumeIsolated().scheduleTask(in: settings.patience) { self.finish() }
        finishIfDone()
    }

    private func keepPace() {
        // In an open loop each request has its own time. One that is due already waits for an answer or a connection.
        let now = NIODeadline.now()
        let isExact = settings.isOpenLoop && pace.next > now
        loop.assumeIsolated().scheduleTask(deadline: isExact ? pace.next : now + Self.tick) {
            self.proceed()
            if !self.isFinished { self.keepPace() }
        }
    }

    /// In an open loop, gives up the requests that are late.
    private func missOverdue(by lateness: TimeAmount) {
        guard settings.isOpenLoop else { return }
        let latest = NIODeadline.now() - lateness
        while pace.next < latest {
            guard let missed = source.skip(spans: pace.spansDue(at: latest)) else { return stop() }
            pace.took(missed.spans)
            tally.miss(missed)
        }
    }

    private func finishIfDone() {
        if isStopping, underWay.isEmpty { finish() }
    }

    private func finish() {
        guard !isFinished else { return }
        isFinished = true
        lose { _ in true }
        for line in lines.values { line.channel.close(promise: nil) }
        finished.succeed()
    }

    private func lose(where isLost: (Pending) -> Bool) {
        for (ticket, pending) in underWay where isLost(pending) {
            tally.lose(spans: pending.spans)
            underWay[ticket] = nil
        }
    }
}

// Events from the wire
extension LoadConnection {
    func opened(_ wire: any Wire) {
        self.wire = wire
        proceed()
    }

    /// A connection accepts no more requests.
    ///
    /// - Parameter isFailure: whether the server gives an error as the reason.
    func closing(_ wire: any Wire, isFailure: Bool = false) {
        let id = ObjectIdentifier(wire)
        if self.wire === wire { self.wire = nil }
        lines[id]?.isLeaving = !isFailure
        replaceIfLeaving(id)
        closeIfUnused(id)
    }

    /// Connects again at once when the server takes leave, but not to one that does so before it has answered anything.
    private func replaceIfLeaving(_ id: ObjectIdentifier) {
        guard let line = lines[id], line.isLeaving, line.hasAnswered, !line.isReplaced else { return }
        lines[id]?.isReplaced = true
        reconnect(in: .zero)
    }

    private func closeIfUnused(_ id: ObjectIdentifier) {
        guard let line = lines[id], line.underWay == 0, wire.map(ObjectIdentifier.init) != id else { return }
        line.channel.close(promise: nil)
    }

    func closed(_ wire: any Wire) {
        let id = ObjectIdentifier(wire)
        if self.wire === wire { self.wire = nil }
        let line = lines.removeValue(forKey: id)
        lose { $0.line == id }
        finishIfDone()
        if line?.isReplaced == false { reconnect(in: Self.reconnectDelay) }
    }

    func failed(_ error: any Error) {
        tally.fail(error)
    }

    func answered(_ ticket: Int, _ answer: Answer) {
        guard let pending = underWay.removeValue(forKey: ticket) else { return }
        let elapsed = NIODeadline.now() - pending.begun
        tally.answer(answer, spans: pending.spans, microseconds: elapsed.nanoseconds / 1_000)
        lines[pending.line]?.underWay -= 1
        if case .lost = answer {} else { lines[pending.line]?.hasAnswered = true }
        replaceIfLeaving(pending.line)
        closeIfUnused(pending.line)
        finishIfDone()
    }

    /// Sends as much as allowed.
    func proceed() {
        if !isStopping { missOverdue(by: Self.lateMax) }
        guard let wire, !isStopping else { return }
        let line = ObjectIdentifier(wire)
        var hasSent = false
        while underWay.count < settings.window, (lines[line]?.underWay ?? 0) < wire.requestsMax, pace.next <= .now() {
            guard let request = source.next(compressor) else {
                stop()
                break
            }
            lastTicket += 1
            underWay[lastTicket] = Pending(
                spans: request.spanCount, begun: settings.isOpenLoop ? pace.next : .now(), line: line)
            lines[line]?.underWay += 1
            pace.took(request.spanCount)
            tally.send(request)
            wire.send(request, ticket: lastTicket)
            hasSent = true
        }
        if hasSent { wire.flush() }
    }
}

// Connecting
extension LoadConnection {
    private func connect() {
        let bound = NIOLoopBound(self, eventLoop: loop)
        ClientBootstrap(group: loop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try bound.value.install(on: channel)
                }
            }
            .connect(host: settings.host, port: settings.port)
            .assumeIsolated()
            .whenFailure { error in
                self.tally.fail(error)
                if let latest = self.latest { self.lines[latest] = nil }
                // A server that is missing at the start is an error. One that goes away later is part of the test.
                if self.tally.sent.requests == 0, !self.isFinished {
                    self.isFinished = true
                    self.finished.fail(error)
                } else {
                    self.reconnect(in: Self.reconnectDelay)
                }
            }
    }

    private func reconnect(in delay: TimeAmount) {
        guard !isStopping, !isFinished else { return }
        loop.assumeIsolated().scheduleTask(in: delay) {
            guard !self.isStopping else { return }
            self.tally.reconnect()
            self.connect()
        }
    }

    private func install(on channel: any Channel) throws {
        let isGzip = settings.gzipLevel != nil
        switch settings.kind {
        case .grpc:
            let wire = GRPCWire(self, isGzip: isGzip, frameBytes: settings.frameBytes)
            try GRPCWire.install(wire, on: channel)
            add(wire, channel)
        case .http:
            let wire = HTTPWire(self, isGzip: isGzip)
            try HTTPWire.install(wire, on: channel)
            add(wire, channel)
        case .plain:
            let wire = PlainWire(self)
            try channel.pipeline.syncOperations.addHandler(wire)
            add(wire, channel)
        }
    }

    private func add(_ wire: any Wire, _ channel: any Channel) {
        let id = ObjectIdentifier(wire)
        latest = id
        lines[id] = Line(channel: channel)
    }
}

/// When the next request of a connection is due at a given rate. It catches up after delays.
struct Pace {
    private let spansPerSecond: Double?
    private let begun: NIODeadline
    private var spans = 0

    init(spansPerSecond: Double?, begun: NIODeadline) {
        self.spansPerSecond = spansPerSecond
        self.begun = begun
    }

    /// The past if there is no rate.
    var next: NIODeadline {
        guard let spansPerSecond else { return begun }
        return begun + .nanoseconds(Int64(Double(spans) / spansPerSecond * 1e9))
    }

    /// How many spans are due at a time and not taken yet.
    func spansDue(at time: NIODeadline) -> Int {
        guard let spansPerSecond, time > begun else { return 0 }
        return max(Int(Double((time - begun).nanoseconds) / 1e9 * spansPerSecond) - spans, 0)
    }

    mutating func took(_ count: Int) {
        spans += count
    }
}
