import AsyncHTTPClient
package import Credentials
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Support
import Synchronization

/// Asks a running daemon's query API.
package struct DaemonClient: Sendable {
    /// What the daemon, or the way to it, says against a question.
    package struct AnswerError: Error {
        package let message: String

        package init(message: String) {
            self.message = message
        }
    }

    /// Of an answer: some thousands of rows, or the largest traces, take a few MiB.
    private static let bytesMax = 64 << 20
    private static let timeout = TimeAmount.seconds(40)

    // Never shut down: they live as long as the process.
    private static let clients = Mutex<[String: HTTPClient]>([:])

    /// - Parameter name: what the daemon's certificate must have; nil if it needs none.
    private static func client(verifying name: String?) -> HTTPClient {
        clients.withLock { clients in
            if let known = clients[name ?? ""] { return known }
            let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration(verifying: name))
            clients[name ?? ""] = client
            return client
        }
    }

    private static func configuration(verifying name: String?) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(5)
        // Fail at once if nothing listens, instead of waiting for it.
        configuration.connectionPool.retryConnectionEstablishment = false
        // A redirect would lead to another name.
        configuration.redirectConfiguration = .disallow
        if let name {
            configuration.http1_1ConnectionDebugInitializer = { ServerName.verify(name, on: $0) }
            configuration.http2ConnectionDebugInitializer = { ServerName.verify(name, on: $0) }
        }
        return configuration
    }

    private let client: HTTPClient
    private let address: String
    private let token: String?
    private let authorities: TrustedAuthorities?

    /// - Parameters:
    ///   - address: `HOST:PORT`, or a URL.
    ///   - token: the bearer token that the daemon asks for.
    ///   - authorities: instead of the system's.
    package init(address: String, token: String? = nil, authorities: TrustedAuthorities? = nil) {
        self.token = token
        self.authorities = authorities
        let url = address.contains("://") ? address : "http://\(address)"
        self.address = url.hasSuffix("/") ? String(url.dropLast()) : url
        let components = URLComponents(string: url)
        client = Self.client(verifying: components?.scheme?.lowercased() == "https" ? components?.host : nil)
    }

    /// - Throws: `AnswerError`.
    package func get(_ path: String, _ parameters: [String: String] = [:]) async throws -> String {
        let query = parameters.sorted { $0.key < $1.key }
            .map { "\(Self.encode($0.key))=\(Self.encode($0.value))" }.joined(separator: "&")
        return try await fetch("/api/v1/\(path)\(query.isEmpty ? "" : "?\(query)")")
    }

    /// Some of the daemon's metrics in the text format. All of them can take more than an answer may.
    ///
    /// - Throws: `AnswerError`.
    package func metrics(of names: [String]) async throws -> String {
        try await fetch("/metrics", LinePicker(beginnings: names).collect)
    }

    /// How the API says why there is no answer.
    private struct Problem: Decodable {
        var error: String
    }

    private func fetch(
        _ target: String, _ collect: (_ body: HTTPClientResponse.Body) async throws -> ByteBuffer = Self.whole
    ) async throws -> String {
        let answer: HTTPClientResponse
        let body: ByteBuffer
        var request = HTTPClientRequest(url: address + target)
        request.tlsConfiguration = authorities?.configuration
        if let token { request.headers.replaceOrAdd(name: "Authorization", value: "Bearer \(token)") }
        do {
            answer = try await client.execute(request, timeout: Self.timeout)
            body = try await collect(answer.body)
        } catch is NIOTooManyBytesError {
            throw AnswerError(
                message: "the daemon's answer is larger than \(Self.bytesMax >> 20) MiB, the most that is read")
        } catch {
            throw AnswerError(
                message: "no answer from the daemon at \(PrintableText.escape(address)): \(reason(error))")
        }
        let text = String(buffer: body)
        guard answer.status == .ok else {
            throw AnswerError(message: "\(answer.status.code): \(said(answer.status, text))")
        }
        return text
    }

    private static func whole(_ body: HTTPClientResponse.Body) async throws -> ByteBuffer {
        try await body.collect(upTo: bytesMax)
    }

    /// What a refusal says. The daemon speaks of headers to whoever has no token; here it is an option.
    private func said(_ status: HTTPResponseStatus, _ text: String) -> String {
        if status == .unauthorized {
            return token == nil
                ? "the daemon asks for a token; give its file with --token-file"
                : "the token of --token-file is not one of the daemon's"
        }
        let problem = try? JSONDecoder().decode(Problem.self, from: Data(text.utf8))
        // Every daemon has the paths that are asked for, but only on its query port.
        guard let said = problem?.error, !said.hasPrefix("no such path") else {
            // So servers answer plain text on a port that takes TLS.
            let mayTakeTLS = status == .badRequest && address.hasPrefix("http:")
            return
                "what listens at \(PrintableText.escape(address)) doesn't answer a daemon's queries"
                + (mayTakeTLS ? " without TLS (https:// asks with it)" : "") + "; \(Self.rightAddress)"
        }
        return said
    }

    private static let rightAddress =
        "--address must be where the daemon listens for scrape and API, port 9464 by default; 4317 and 4318 take spans"

    /// Why there is no answer, and what to do about it.
    private func reason(_ error: any Error) -> String {
        if let failure = TLSFailure(error) { return failure.ofDaemon }
        let reason =
            switch error {
            case let error as HTTPClientError where error == .deadlineExceeded: "it took more than 40 s"
            case let error as HTTPClientError where error == .remoteConnectionClosed:
                "what listens there closed the connection without an answer; \(Self.rightAddress)"
            case let error as HTTPClientError: error.shortDescription
            case let error as NIOConnectionError where error.connectionErrors.allSatisfy { Self.isRefusal($0.error) }:
                "nothing listens there"
            case let error where Self.isRefusal(error): "nothing listens there"
            default:
                address.hasPrefix("https:")
                    ? "the connection or its TLS handshake failed"
                    : "what listens there doesn't answer in HTTP without TLS (https:// asks with it); \(Self.rightAddress)"
            }
        if reason.hasSuffix(Self.rightAddress) { return reason }
        return "\(reason); is faultline serve running there? --address names another"
    }

    private static func isRefusal(_ error: any Error) -> Bool {
        (error as? IOError)?.errnoCode == ECONNREFUSED
    }

    /// Percent-encodes all but unreserved characters (RFC 3986).
    static func encode(_ text: String) -> String {
        text.utf8.map { byte in
            let scalar = Unicode.Scalar(byte)
            let isUnreserved =
                scalar.properties.isASCIIHexDigit || "abcdefghijklmnopqrstuvwxyz".unicodeScalars.contains(scalar)
                || "ABCDEFGHIJKLMNOPQRSTUVWXYZ-._~".unicodeScalars.contains(scalar)
            return isUnreserved ? String(scalar) : "%" + Hex.text(byte)
        }.joined()
    }
}

extension TLSFailure {
    fileprivate var ofDaemon: String {
        switch self {
        case .untrusted:
            "certificate not trusted: no known authority has signed it, or it has expired; "
                + "give the authority's certificate with --ca-file"
        case .otherName: "its certificate is for another name; use one that it has in --address"
        case .clientCertificate:
            "it asks for a client certificate (client_ca_file), which this command has none of; "
                + "use a listener without client_ca_file, such as one with token_file"
        case .plainText: "it doesn't speak TLS; --address must begin with http://"
        case .other: "the TLS handshake failed"
        }
    }
}
