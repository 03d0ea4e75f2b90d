import AsyncHTTPClient
import Dispatch
import Engine
import Foundation
import NIOCore
import NIOHTTP1
import Rules
import Support

/// A URL that alerts are posted to. Follows no redirect: a receiver could send our alerts, and our headers, anywhere.
/// Says nothing of the URL or the headers in what it tells of failures.
struct SinkClient: Sendable {
    /// Bytes of an answer that are read, so that its connection can be used again; beyond it, it is cut off.
    private static let answerLimit = 64 << 10

    // One for all sinks and for ever: a client has to be shut down before it goes, or it ends the process, and sinks
    // come and go with each reload. Connections are apart by receiver.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(5)
        // When to try again is the dispatcher's to say.
        configuration.connectionPool.retryConnectionEstablishment = false
        // Between the look at what a name resolves to and the connection, it may have come to resolve to another.
        let guarded: @Sendable (any Channel) -> EventLoopFuture<Void> = { channel in
            guard let refused = channel.remoteAddress?.ipAddress.flatMap({ RefusedAddress(text: $0) }) else {
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            channel.close(promise: nil)
            return channel.eventLoop.makeFailedFuture(refused)
        }
        configuration.http1_1ConnectionDebugInitializer = guarded
        configuration.http2ConnectionDebugInitializer = guarded
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    private static let resolver = DispatchQueue(label: "faultline.receiver-names", attributes: .concurrent)

    private let url: String
    private let host: String
    private let headers: HTTPHeaders
    private let timeout: Duration
    let now: @Sendable () -> Int64

    /// - Parameters:
    ///   - url: may hold credentials.
    ///   - timeout: for a whole call; a receiver that takes longer has hung.
    ///   - now: the clock that dates in answers are compared with, nanoseconds since the epoch.
    init(
        url: String, headers: WebhookHeaders, timeout: Duration,
        now: @escaping @Sendable () -> Int64
    ) {
        let (bare, authorization) = Self.splitCredentials(url)
        self.url = bare
        host = URLComponents(string: bare)?.host ?? ""
        var all = HTTPHeaders([("Content-Type", "application/json"), ("User-Agent", "faultline")])
        if let authorization { all.add(name: "Authorization", value: authorization) }
        for header in headers.all { all.replaceOrAdd(name: header.name, value: header.value) }
        self.headers = all
        self.timeout = timeout
        self.now = now
    }

    /// Posts a body once.
    /// - Parameter idempotencyKey: tells the receiver which calls are one and the same.
    func post(_ body: String, idempotencyKey: String? = nil) async -> DeliveryAttempt {
        if let refused = await refusal() { return .rejected("\(refused)") }
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers = headers
        if let idempotencyKey { request.headers.replaceOrAdd(name: "Idempotency-Key", value: idempotencyKey) }
        request.body = .bytes(ByteBuffer(string: body))
        do {
            let response = try await Self.client.execute(request, timeout: TimeAmount(timeout))
            // What the answer says changes nothing; nor does it if it breaks off behind its status.
            _ = try? await response.body.collect(upTo: Self.answerLimit)
            return attempt(response)
        } catch let refused as RefusedAddress {
            return .rejected("\(refused)")
        } catch let error as HTTPClientError where error == .invalidURL || error == .emptyHost {
            return .rejected("the URL is invalid")
        } catch let error as HTTPClientError {
            return .unavailable("no answer: \(error.shortDescription)", after: nil)
        } catch {
            // Errors of the network name the address; the address is a part of the URL.
            return .unavailable("no answer: the connection failed", after: nil)
        }
    }

    private func refusal() async -> RefusedAddress? {
        await withCheckedContinuation { continuation in
            Self.resolver.async { continuation.resume(returning: RefusedAddress.find(behind: host)) }
        }
    }

    private func attempt(_ response: HTTPClientResponse) -> DeliveryAttempt {
        let status = response.status.code
        let reason = "the receiver answered \(status)"
        switch status {
        case 200..<300: return .delivered
        case 408, 429, 500...:
            let wish = response.headers.first(name: "Retry-After").flatMap {
                RetryAfter.parse($0, now: now())
            }
            return .unavailable(reason, after: wish)
        case 300..<400: return .rejected("\(reason), a redirect; they are not followed")
        default: return .rejected(reason)
        }
    }

    /// A URL without its user and password, and the header that says them instead.
    private static func splitCredentials(_ url: String) -> (url: String, authorization: String?) {
        guard var components = URLComponents(string: url), let user = components.user else {
            return (url, nil)
        }
        let credentials = Data("\(user):\(components.password ?? "")".utf8).base64EncodedString()
        components.user = nil
        components.password = nil
        return (components.string ?? url, "Basic \(credentials)")
    }
}

/// The header by which a receiver says how long to leave it alone (RFC 9110, section 10.2.3).
enum RetryAfter {
    /// - Parameters:
    ///   - text: a number of seconds, or a date such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    ///   - now: nanoseconds since the epoch, what a date is counted from.
    static func parse(_ text: String, now: Int64) -> Duration? {
        if let seconds = UInt32(text) { return .seconds(Int64(seconds)) }
        let pattern =
            /\w{3}, (\d\d) (\w{3}) (\d{4}) (\d\d:\d\d:\d\d) GMT/
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard let match = text.wholeMatch(of: pattern)?.output,
            let month = months.firstIndex(of: String(match.2)),
            let time = Timestamp.parse(
                rfc3339: "\(match.3)-\(month < 9 ? "0" : "")\(month + 1)-\(match.1)T\(match.4)Z")
        else { return nil }
        return .nanoseconds(max(0, time.subtractingSaturating(now)))
    }
}

/// The clock of sinks.
enum SinkClock {
    static let system: @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1e9) }
}
