import NIOCore
import NIOPosix

/// Keeps one connection busy with as many requests as its window and pace allow, and reconnects if it breaks. Used on
/// one event loop only.
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
    private var channel: (any Channel)?
    private var underWay: [Int: Pending] = [:]
    private var lastTicket = 0
    private var isStopping = false
    private var isFinished = false

    private struct Pending {
        var spans: Int
        /// When it was sent; in an open loop, when it should have been.
        var begun: NIODeadline
    }

    private static let reconnectDelay = TimeAmount.seconds(1)
    private static let tick = TimeAmount.milliseconds(2)
    /// In an open loop: how late a request may be sent. Longer delays would be followed by a burst that nobody scheduled.
    private static let lateMax = TimeAmount.seconds(1)

    /// - Parameter finished: succeeds when nothing more will be sent or answered
    init(_ settings: LoadSettings, source: RequestSource, loop: any EventLoop, finished: EventLoopPromise<Void>) {
        self.settings = settings
        self.source = source
        self.loop = loop
        self.finished = finished
        compressor = settings.gzipLevel.map { GzipCompressor(level: $0) }
        pace = Pace(
            spansPerSecond: settings.spansPerSecond.map { $0 / Double(settings.connections) }, begun: .now())
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
        loseAll()
        channel?.close(promise: nil)
        finished.succeed()
    }

    private func loseAll() {
        for pending in underWay.values { tally.lose(spans: pending.spans) }
        underWay.removeAll()
    }
}

// Events from the wire
extension LoadConnection {
    func opened(_ wire: any Wire) {
        self.wire = wire
        proceed()
    }

    /// The current connection accepts no more requests.
    func closing() {
        wire = nil
        closeIfUnused()
    }

    private func closeIfUnused() {
        if wire == nil, underWay.isEmpty { channel?.close(promise: nil) }
    }

    func closed() {
        wire = nil
        channel = nil
        loseAll()
        finishIfDone()
        reconnect()
    }

    func failed(_ error: any Error) {
        tally.fail(error)
    }

    func answered(_ ticket: Int, _ answer: Answer) {
        guard let pending = underWay.removeValue(forKey: ticket) else { return }
        let elapsed = NIODeadline.now() - pending.begun
        tally.answer(answer, spans: pending.spans, microseconds: elapsed.nanoseconds / 1_000)
        closeIfUnused()
        finishIfDone()
    }

    /// Sends as much as allowed.
    func proceed() {
        if !isStopping { missOverdue(by: Self.lateMax) }
        guard let wire, !isStopping else { return }
        var hasSent = false
        while underWay.count < min(settings.window, wire.requestsMax), pace.next <= .now() {
            guard let request = source.next(compressor) else {
                stop()
                break
            }
            lastTicket += 1
            underWay[lastTicket] = Pending(
                spans: request.spanCount, begun: settings.isOpenLoop ? pace.next : .now())
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
                    bound.value.channel = channel
                    try bound.value.install(on: channel)
                }
            }
            .connect(host: settings.host, port: settings.port)
            .assumeIsolated()
            .whenFailure { error in
                self.tally.fail(error)
                // A server that is missing at the start is an error. One that goes away later is part of the test.
                if self.tally.sent.requests == 0, !self.isFinished {
                    self.isFinished = true
                    self.finished.fail(error)
                } else {
                    self.reconnect()
                }
            }
    }

    private func reconnect() {
        guard !isStopping, !isFinished else { return }
        loop.assumeIsolated().scheduleTask(in: Self.reconnectDelay) {
            guard !self.isStopping else { return }
            self.tally.reconnect()
            self.connect()
        }
    }

    private func install(on channel: any Channel) throws {
        let isGzip = settings.gzipLevel != nil
        switch settings.kind {
        case .grpc:
            try GRPCWire.install(
                GRPCWire(self, isGzip: isGzip, frameBytes: settings.frameBytes), on: channel)
        case .http:
            try HTTPWire.install(HTTPWire(self, isGzip: isGzip), on: channel)
        case .plain:
            try channel.pipeline.syncOperations.addHandler(PlainWire(self))
        }
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
