import AsyncHTTPClient
import Credentials
import NIOCore
import NIOHTTP1
import NIOSSL
import Synchronization

/// How to speak TLS with a receiver.
struct SinkTLS: Sendable {
    var configuration: TLSConfiguration
    /// The name that its certificate must have; nil for the host of the URL.
    var serverName: String?
}

/// The HTTP clients that sinks share. They are never shut down: a client must be before it is released, or the process
/// crashes, and sinks come and go with each reload. Connections are per receiver anyway.
enum SinkClients {
    /// For all receivers whose certificates aren't verified, or that have none.
    static let usual = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration())

    private struct Receiver: Hashable {
        let host: String
        let name: String
        let isVerified: Bool
    }

    private static let named = Mutex<[Receiver: HTTPClient]>([:])

    /// For a receiver at a host whose certificate has a name, by which URLs name it.
    static func client(reaching host: String, as name: String, isVerified: Bool) -> HTTPClient {
        named.withLock { clients in
            let receiver = Receiver(host: host, name: name, isVerified: isVerified)
            if let known = clients[receiver] { return known }
            var own = configuration(verifying: isVerified ? name : nil)
            if name != host { own.dnsOverride = [name: host.trimmingBrackets] }
            let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: own)
            clients[receiver] = client
            return client
        }
    }

    /// - Parameter name: what the certificate must have; nil if that doesn't matter.
    private static func configuration(verifying name: String? = nil) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(5)
        // The dispatcher decides when to retry.
        configuration.connectionPool.retryConnectionEstablishment = false
        // Checks the address again: the name may have been resolved differently since the first check.
        let guarded: @Sendable (any Channel) -> EventLoopFuture<Void> = { channel in
            guard let blocked = channel.remoteAddress?.ipAddress.flatMap({ BlockedAddressError(text: $0) }) else {
                return name.map { ServerName.verify($0, on: channel) } ?? channel.eventLoop.makeSucceededVoidFuture()
            }
            channel.close(promise: nil)
            return channel.eventLoop.makeFailedFuture(blocked)
        }
        configuration.http1_1ConnectionDebugInitializer = guarded
        configuration.http2ConnectionDebugInitializer = guarded
        return configuration
    }
}

extension String {
    /// An IPv6 address in a URL has brackets, elsewhere none.
    fileprivate var trimmingBrackets: String {
        hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : self
    }
}
