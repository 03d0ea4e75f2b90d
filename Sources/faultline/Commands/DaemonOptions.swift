import ArgumentParser
import Daemon
import Foundation
import MCP
import Receivers

/// Which daemon a command asks.
struct DaemonOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where the daemon listens for scrape and API, or its URL (127.0.0.1:9464).", valueName: "address"),
        transform: Self.checked)
    var address: String?

    static let defaultAddress = "127.0.0.1:9464"

    /// - Parameter bytesMax: of an answer.
    func client(bytesMax: Int = DaemonClient.bytesMax) -> DaemonClient {
        DaemonClient(address: address ?? Self.defaultAddress, bytesMax: bytesMax)
    }

    /// - Throws: unless it is `host:port` or a URL.
    private static func checked(_ text: String) throws -> String {
        if text.contains("://") {
            guard let url = URL(string: text), ["http", "https"].contains(url.scheme), url.host?.isEmpty == false else {
                throw ValidationError("a URL is http or https with a host, as in http://127.0.0.1:9464")
            }
            return text
        }
        return try ListenAddress(argument: text).host.isEmpty ? "127.0.0.1\(text)" : text
    }
}

extension DaemonClient {
    /// - Throws: `Refusal`.
    func decode<Value: Decodable>(_ path: String, _ parameters: [String: String] = [:]) async throws -> Value {
        let json = try await get(path, parameters)
        do {
            return try JSONDecoder().decode(Value.self, from: Data(json.utf8))
        } catch {
            throw Refusal(message: "what answers there is no faultline of this version")
        }
    }
}
