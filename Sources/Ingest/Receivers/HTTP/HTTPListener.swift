package import HTTPTypes
package import HummingbirdCore
internal import Logging
package import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypesHTTP1
internal import NIOPosix
import OTLP

/// Serves HTTP/1.1 with what Hummingbird can't configure: a limit of connections, deadlines, larger reads, and tasks
/// that stay on their connection's event loop.
package struct HTTPListener: Sendable {
    package typealias Respond = @Sendable (Request, any Channel) async -> Response

    let socket: Listener
    private let respond: Respond
    private let wantsBody: @Sendable (HTTPRequest) -> Bool
    let date = HTTPDate()

    /// - Parameters:
    ///   - wantsBody: whether to answer `Expect: 100-continue` with 100 Continue.
    ///   - respond: runs on the event loop of the connection.
    package init(
        _ socket: Listener, wantsBody: @escaping @Sendable (HTTPRequest) -> Bool = { _ in false },
        respond: @escaping Respond
    ) {
        self.socket = socket
        self.respond = respond
        self.wantsBody = wantsBody
    }

    func isBodyWanted(_ head: HTTPRequestHead) -> Bool {
        (try? HTTPRequest(head, secure: false, splitCookie: false)).map(wantsBody) ?? false
    }

    /// The reply to bytes that aren't a valid request.
    func reply(to error: HTTPRequestError) -> (head: HTTPResponseHead, body: ByteBuffer) {
        let body: ByteBuffer
        let type: String
        switch socket.transport {
        case .http, .grpc:
            let code: RPCStatus.Code = error.status == .notImplemented ? .unimplemented : .invalidArgument
            body = ByteBuffer(bytes: RPCStatus(code, error.message).body(.json))
            type = "application/json"
        case .query, .jaeger:
            body = ByteBuffer(string: error.message + "\n")
            type = "text/plain; charset=utf-8"
        }
        let headers: HTTPHeaders = [
            "Content-Type": type, "Content-Length": "\(body.readableBytes)", "Connection": "close", "Date": date.now,
        ]
        return (HTTPResponseHead(version: .http1_1, status: error.status, headers: headers), body)
    }

    /// Serves until the task is cancelled or a graceful shutdown begins, then lets open requests finish.
    package func run() async throws {
        try await socket.run { [self] channel in
            let deadlines = HTTPDeadlines(
                limits: socket.limits, transport: socket.transport, service: socket.service)
            try channel.pipeline.syncOperations.addHandler(deadlines)
            _ = try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
            let http1 = makeHTTP1()
            let set = http1.setup(channel: channel, logger: Self.silent)
            let decoder = try channel.pipeline.syncOperations.handler(
                type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try channel.pipeline.syncOperations.addHandler(
                HTTPConversation(deadlines, listener: self), position: .after(decoder))
            set.whenSuccess { value in
                Task(executorPreference: LoopExecutor(channel.eventLoop)) {
                    await http1.handle(value: value, logger: Self.silent)
                }
            }
            set.whenFailure { _ in channel.close(promise: nil) }
        }
    }

    private static let silent = Logger(label: "http") { _ in SwiftLogNoOpLogHandler() }

    private func makeHTTP1() -> HTTP1Channel {
        var decoder = HTTP1Channel.Configuration.DecoderConfiguration()
        decoder.maxHeaderFieldSize = socket.limits.headerBytes
        decoder.maxHeaderListSize = socket.limits.headerBytes
        decoder.maxHeaderFieldCount = socket.limits.headerFields
        return HTTP1Channel(
            responder: { request, writer, channel in
                let response = await respond(request, channel)
                // Replaces write errors: for the original one, another reply would be written after half of this one.
                do {
                    // HEAD doesn't spend what a body costs.
                    guard request.method != .head else { return try await writer.writeResponse(response.head) }
                    try await writer.write(response: response.head, body: response.body)
                } catch {
                    throw ReplyError()
                }
            },
            configuration: HTTP1Channel.Configuration(httpDecoderConfiguration: decoder))
    }

    private struct ReplyError: Error {}
}

/// Runs a connection's tasks on its own event loop. On the default concurrent pool, each part of a body would wake
/// another thread, which takes 4 to 20 µs.
final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) {
        self.loop = loop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { [self] in
            unsafe job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }
}

/// OTLP over HTTP/1.1: `POST /v1/traces`, protobuf or JSON.
package struct HTTPReceiver: Sendable {
    private let listener: HTTPListener

    package init(_ listener: Listener, admission: Admission) {
        precondition(listener.transport == .http)
        let limits = listener.limits
        let export = HTTPExport(
            limits: limits, admission: admission, access: listener.access, service: listener.service)
        self.listener = HTTPListener(
            listener, wantsBody: { (try? export.check($0)) != nil },
            respond: { await export.respond(to: $0, from: $1) })
    }

    /// Serves until the task is cancelled or a graceful shutdown begins, then lets open requests finish.
    func run() async throws {
        try await listener.run()
    }
}
