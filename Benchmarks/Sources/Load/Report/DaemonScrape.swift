import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

/// The daemon's own figures from one scrape.
struct DaemonScrape: Sendable {
    private var sums: [String: Double] = [:]

    init(_ text: String) {
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else {
                continue
            }
            sums[String(line.prefix { $0 != "{" && $0 != " " }), default: 0] += value
        }
    }

    var spansReceived: Int { count("faultline_spans_received_total") }
    var spansAccepted: Int { count("faultline_spans_accepted_total") }
    var spansRejected: Int { count("faultline_spans_rejected_total") }
    var spansLate: Int { count("faultline_spans_late_total") }
    var spansDuplicate: Int { count("faultline_spans_duplicates_total") }
    var requestsRefused: Int { count("faultline_requests_refused_total") }
    var windowSpans: Int { count("faultline_window_spans") }
    var residentBytes: Int { count("process_resident_memory_bytes") }
    var cpuSeconds: Double { sums["process_cpu_seconds_total"] ?? 0 }

    /// The sum over all series of a family.
    private func count(_ name: String) -> Int { Int(sums[name] ?? 0) }

    /// Fetches `http://host:port/path`.
    static func fetch(host: String, port: Int, path: String, group: any EventLoopGroup) async throws -> DaemonScrape {
        let loop = group.next()
        let promise = loop.makePromise(of: String.self)
        let channel = try await ClientBootstrap(group: loop)
            .connectTimeout(.seconds(10))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(TextResponse(promise))
                }
            }
            .connect(host: host, port: port).get()
        let head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: path, headers: ["host": host, "connection": "close"])
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
        return DaemonScrape(try await promise.futureResult.get())
    }
}

/// Collects the body of one response.
private final class TextResponse: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let promise: EventLoopPromise<String>
    private var body = ByteBuffer()

    init(_ promise: EventLoopPromise<String>) {
        self.promise = promise
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            if head.status != .ok { promise.fail(ScrapeError(problem: "status \(head.status.code)")) }
        case .body(var part): body.writeBuffer(&part)
        case .end:
            promise.succeed(String(buffer: body))
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        // Has no effect if the promise has an answer.
        promise.fail(ScrapeError(problem: "the connection was closed before the answer"))
    }
}

struct ScrapeError: Error, CustomStringConvertible {
    let problem: String

    var description: String { "can't read the daemon's metrics: \(problem)" }
}

/// Scrapes the daemon's metrics during a run.
struct Observation: Sendable {
    private let host: String
    private let port: Int
    private let path: String
    private let group: any EventLoopGroup

    /// - Parameter url: `http://host:port/path`
    init?(url: String, group: any EventLoopGroup) {
        guard let match = url.wholeMatch(of: /http:\/\/([^\/:]+):(\d+)(\/.*)?/), let port = Int(match.2) else {
            return nil
        }
        host = String(match.1)
        self.port = port
        path = match.3.map { String($0) } ?? "/metrics"
        self.group = group
    }

    func scrape() async throws -> DaemonScrape {
        try await DaemonScrape.fetch(host: host, port: port, path: path, group: group)
    }
}

/// Follows the daemon's resident memory once its window has filled.
struct MemoryWatch {
    /// How far resident memory exceeds its first value after the window filled, in percent.
    struct Growth: Codable {
        /// When that value was taken, seconds after the start of the run.
        var since: Double
        /// The highest value of the run's second half.
        var highest: Double
        /// The last value.
        var last: Double
        /// Difference between the largest and the smallest value.
        var spread: Double
    }

    private let settled: Double?
    private var first: DaemonScrape?
    private var samples: [(seconds: Double, bytes: Int)] = []

    /// Whether spans have left the window since the first scrape.
    private(set) var isFull = false

    /// - Parameter settled: seconds after which the window counts as filled; nil to wait until spans leave it.
    init(settled: Double?) {
        self.settled = settled
    }

    /// - Parameter seconds: since the start of the run
    mutating func add(_ scrape: DaemonScrape, at seconds: Double) {
        let first = self.first ?? scrape
        self.first = first
        let stored = scrape.spansAccepted - first.spansAccepted
        if stored > scrape.windowSpans - first.windowSpans { isFull = true }
        guard settled.map({ seconds >= $0 }) ?? isFull else { return }
        samples.append((seconds, scrape.residentBytes))
    }

    /// nil with fewer than two values since the window filled.
    var growth: Growth? {
        guard let first = samples.first, let last = samples.last, samples.count > 1, first.bytes > 0 else { return nil }
        func percent(_ bytes: Int) -> Double { Double(bytes) / Double(first.bytes) * 100 }
        let bytes = samples.map(\.bytes)
        let late = samples.dropFirst().filter { $0.seconds >= last.seconds / 2 }.map(\.bytes)
        return Growth(
            since: first.seconds, highest: percent((late.max() ?? last.bytes) - first.bytes),
            last: percent(last.bytes - first.bytes),
            spread: percent((bytes.max() ?? 0) - (bytes.min() ?? 0)))
    }
}

/// The CPU time of a process in nanoseconds, user and system, over all its threads.
struct ServerProcess {
    private let clock: clockid_t

    /// nil if there is no such process.
    init?(id: Int32) {
        var clock = clockid_t()
        guard unsafe clock_getcpuclockid(id, &clock) == 0 else { return nil }
        self.clock = clock
    }

    var cpuNanoseconds: Int64 { Self.read(clock) }

    static var ownCPUNanoseconds: Int64 { read(CLOCK_PROCESS_CPUTIME_ID) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
