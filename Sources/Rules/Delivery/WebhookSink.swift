import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// Posts alerts to a URL. Follows no redirect: a receiver could send our alerts, and our headers, anywhere.
package struct WebhookSink: AlertSink {
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
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    package let name: String
    /// Keeps a body below a few hundred kilobytes.
    package let batchLimit = 64
    private let url: String
    private let headers: HTTPHeaders
    private let timeout: Duration
    private let now: @Sendable () -> Int64

    /// - Parameters:
    ///   - url: may hold credentials, and is never shown.
    ///   - timeout: for a whole call; a receiver that takes longer has hung.
    ///   - now: the clock that dates in answers are compared with, nanoseconds since the epoch.
    package init(
        name: String = "webhook", url: String, headers: WebhookHeaders = .none,
        timeout: Duration = .seconds(10),
        now: @escaping @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1e9) }
    ) {
        self.name = name
        let (bare, authorization) = Self.splitCredentials(url)
        self.url = bare
        var all = HTTPHeaders([("Content-Type", "application/json"), ("User-Agent", "faultline")])
        if let authorization { all.add(name: "Authorization", value: authorization) }
        for header in headers.all { all.replaceOrAdd(name: header.name, value: header.value) }
        self.headers = all
        self.timeout = timeout
        self.now = now
    }

    package func deliver(_ alerts: [Alert]) async -> DeliveryAttempt {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers = headers
        do {
            let body = try JSONText.encode(WebhookPayload(alerts, receiver: name))
            request.body = .bytes(ByteBuffer(string: body))
            let response = try await Self.client.execute(request, timeout: TimeAmount(timeout))
            // What the answer says changes nothing; nor does it if it breaks off behind its status.
            _ = try? await response.body.collect(upTo: Self.answerLimit)
            return attempt(response)
        } catch let error as HTTPClientError where error == .invalidURL || error == .emptyHost {
            return .rejected("the URL is invalid")
        } catch let error as HTTPClientError {
            return .unavailable("no answer: \(error.shortDescription)", after: nil)
        } catch {
            // Errors of the network name the address; the address is a part of the URL.
            return .unavailable("no answer: the connection failed", after: nil)
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
