import AsyncHTTPClient
import Credentials
import Dispatch
import Engine
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
import Rules
import Support

/// Posts alerts to a URL. Doesn't follow redirects, by which a receiver could send our alerts and headers anywhere. Its
/// error messages reveal neither the URL nor the headers.
struct SinkClient: Sendable {
    /// Bytes of a response that are read so that its connection can be reused; a longer one is cut off.
    private static let answerLimit = 64 << 10

    private static let resolver = DispatchQueue(label: "faultline.receiver-names", attributes: .concurrent)

    private let client: HTTPClient
    private let url: String
    private let host: String
    private let headers: HTTPHeaders
    private let tls: TLSConfiguration?
    private let timeout: Duration
    let now: @Sendable () -> Int64

    /// - Parameters:
    ///   - url: may contain credentials.
    ///   - tls: nil for the system's authorities, and no certificate of our own.
    ///   - timeout: for a whole call; a slower receiver counts as hung.
    ///   - now: the clock to compare dates in responses with, in nanoseconds since the epoch.
    init(
        url: String, headers: WebhookHeaders, tls: SinkTLS? = nil, timeout: Duration,
        now: @escaping @Sendable () -> Int64
    ) {
        let (bare, authorization) = Self.splitCredentials(url)
        host = URLComponents(string: bare)?.host ?? ""
        var all = HTTPHeaders([("Content-Type", "application/json"), ("User-Agent", "faultline")])
        if let authorization { all.add(name: "Authorization", value: authorization) }
        for header in headers.all { all.replaceOrAdd(name: header.name, value: header.value) }
        let isVerified = tls?.configuration.certificateVerification ?? .fullVerification == .fullVerification
        if let name = tls?.serverName, let renamed = Self.renamed(bare, to: name) {
            self.url = renamed.url
            all.replaceOrAdd(name: "Host", value: renamed.hostHeader)
            client = SinkClients.client(reaching: host, as: name, isVerified: isVerified)
        } else {
            self.url = bare
            let isSecure = URLComponents(string: bare)?.scheme?.lowercased() == "https"
            client =
                isSecure && isVerified
                ? SinkClients.client(reaching: host, as: host, isVerified: true) : SinkClients.usual
        }
        self.headers = all
        self.tls = tls?.configuration
        self.timeout = timeout
        self.now = now
    }

    /// Posts a body once.
    /// - Parameter idempotencyKey: lets the receiver recognize repeated calls.
    func post(_ body: String, idempotencyKey: String? = nil) async -> DeliveryAttempt {
        if let blocked = await blockedAddress() { return .rejected("\(blocked)") }
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers = headers
        request.tlsConfiguration = tls
        if let idempotencyKey { request.headers.replaceOrAdd(name: "Idempotency-Key", value: idempotencyKey) }
        request.body = .bytes(ByteBuffer(string: body))
        do {
            let response = try await client.execute(request, timeout: TimeAmount(timeout))
            // The body doesn't matter, nor whether it breaks off after the status.
            _ = try? await response.body.collect(upTo: Self.answerLimit)
            return attempt(response)
        } catch let blocked as BlockedAddressError {
            return .rejected("\(blocked)")
        } catch let error as HTTPClientError where error == .invalidURL || error == .emptyHost {
            return .rejected("the URL is invalid")
        } catch let error as HTTPClientError {
            return .unavailable("no answer: \(error.shortDescription)", after: nil)
        } catch {
            if let failure = TLSFailure(error) { return .unavailable("no answer: \(failure.ofReceiver)", after: nil) }
            // Network errors contain the address, which is part of the URL.
            return .unavailable("no answer: the connection failed", after: nil)
        }
    }

    private func blockedAddress() async -> BlockedAddressError? {
        await withCheckedContinuation { continuation in
            Self.resolver.async { continuation.resume(returning: BlockedAddressError.find(behind: host)) }
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
        case 300..<400: return .rejected("\(reason), a redirect, which is not followed")
        default: return .rejected(reason)
        }
    }

    /// A URL with another name for its host, and the `Host` header that it had.
    private static func renamed(_ url: String, to name: String) -> (url: String, hostHeader: String)? {
        guard var components = URLComponents(string: url), let host = components.host else { return nil }
        let hostHeader = components.port.map { "\(host):\($0)" } ?? host
        components.host = name
        return components.string.map { ($0, hostHeader) }
    }

    /// Splits a URL into one without user and password, and the header that replaces them.
    private static func splitCredentials(_ url: String) -> (url: String, authorization: String?) {
        guard var components = URLComponents(string: url), let user = components.user else {
            return (url, nil)
        }
        let authorization = SinkAuthorization.basic(user, password: components.password ?? "")
        components.user = nil
        components.password = nil
        return (components.string ?? url, authorization)
    }
}

/// The header with which a receiver asks for a pause (RFC 9110, section 10.2.3).
enum RetryAfter {
    /// - Parameters:
    ///   - text: a number of seconds, or a date such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    ///   - now: the time that a date is relative to, in nanoseconds since the epoch.
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

/// The clock of sinks, in nanoseconds since the epoch.
enum SinkClock {
    static let system: @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1e9) }
}

extension TLSFailure {
    /// Why TLS with a receiver of alerts failed, in words.
    fileprivate var ofReceiver: String {
        switch self {
        case .untrusted: "the receiver's certificate isn't accepted; set ca_file in tls_config to its authority"
        case .otherName:
            "the receiver's certificate is for a different name than the one in url; "
                + "set server_name in tls_config to its name"
        case .clientCertificate:
            "the receiver requires a client certificate or doesn't accept ours; "
                + "set cert_file and key_file in tls_config"
        case .plainText: "the receiver speaks plain text; url must begin with http://"
        case .other: "TLS failed"
        }
    }
}
