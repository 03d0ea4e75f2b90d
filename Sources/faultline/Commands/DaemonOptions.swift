import ArgumentParser
import Credentials
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

    @Option(
        help: ArgumentHelp("The file of the token that the daemon asks for.", valueName: "file"),
        completion: .file(), transform: Self.token)
    var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            "The authority that signed the daemon's certificate, in PEM, instead of the system's or SSL_CERT_FILE's.",
            valueName: "file"),
        completion: .file(), transform: Self.authorities)
    var caFile: TrustedAuthorities?

    static let defaultAddress = "127.0.0.1:9464"

    /// - Throws: if the authorities that the environment names can't be read.
    func client() throws -> DaemonClient {
        let address = address ?? Self.defaultAddress
        let authorities =
            try caFile ?? (address.hasPrefix("https:") ? Self.checked { try TrustedAuthorities.ofEnvironment() } : nil)
        return DaemonClient(address: address, token: tokenFile, authorities: authorities)
    }

    private static func authorities(_ path: String) throws -> TrustedAuthorities {
        try checked { try TrustedAuthorities("--ca-file", path: path) }
    }

    private static func checked<Value>(_ read: () throws -> Value) throws -> Value {
        do {
            return try read()
        } catch let error as CredentialError {
            throw ValidationError(error.description)
        }
    }

    /// The first token of a file, as `token_file` of a listener has them: one on each line.
    ///
    /// - Throws: if the file can't be read or has none.
    private static func token(_ path: String) throws -> String {
        guard let content = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw ValidationError("the file \(path) can't be read")
        }
        let lines = content.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
        guard let token = lines.first(where: { !$0.isEmpty && !$0.hasPrefix("#") }) else {
            throw ValidationError("the file \(path) holds no token; write one on a line")
        }
        guard token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ValidationError("the first line of \(path) is not a token; a token has letters, digits and -._~+/")
        }
        return token
    }

    /// - Throws: unless it is `host:port` or a URL.
    private static func checked(_ text: String) throws -> String {
        if text.contains("://") {
            guard let url = URL(string: text), ["http", "https"].contains(url.scheme), url.host?.isEmpty == false,
                url.port.map({ (1...65_535).contains($0) }) ?? true
            else {
                throw ValidationError(
                    "a URL is http or https with a host and a port up to 65535, as in http://127.0.0.1:9464")
            }
            return text
        }
        _ = try ListenAddress(argument: text)
        return text.hasPrefix(":") ? "127.0.0.1\(text)" : text
    }
}

extension DaemonClient {
    /// - Throws: `AnswerError`.
    func decode<Value: Decodable>(_ path: String, _ parameters: [String: String] = [:]) async throws -> Value {
        let json = try await get(path, parameters)
        do {
            return try JSONDecoder().decode(Value.self, from: Data(json.utf8))
        } catch {
            throw AnswerError(message: "the server there is not this version of Faultline")
        }
    }
}
