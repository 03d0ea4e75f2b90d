import NIOCore
import NIOHTTP1
import NIOPosix

/// What the daemon says about itself in one scrape.
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
    /// How far back the window reaches, Unix seconds; nil while it is empty.
    var oldest: Double? { sums["faultline_window_oldest_timestamp_seconds"] }

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

/// Gathers the body of one response.
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
        // Without effect if there was an answer.
        promise.fail(ScrapeError(problem: "the connection was closed before the answer"))
    }
}

struct ScrapeError: Error, CustomStringConvertible {
    let problem: String

    var description: String { "can't read the daemon's metrics: \(problem)" }
}
