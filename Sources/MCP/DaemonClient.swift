import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Support

/// Asks a running daemon's query API.
package struct DaemonClient: Sendable {
    /// What the daemon, or the way to it, says against a question.
    package struct Refusal: Error {
        package let message: String

        package init(message: String) {
            self.message = message
        }
    }

    /// What fits an assistant.
    package static let bytesMax = 512 << 10
    private static let timeout = TimeAmount.seconds(40)

    private let address: String
    private let bytesMax: Int

    /// - Parameters:
    ///   - address: `HOST:PORT`, or a URL.
    ///   - bytesMax: of an answer.
    package init(address: String, bytesMax: Int = bytesMax) {
        self.bytesMax = bytesMax
        let url = address.contains("://") ? address : "http://\(address)"
        self.address = url.hasSuffix("/") ? String(url.dropLast()) : url
    }

    /// - Throws: `Refusal`.
    package func get(_ path: String, _ parameters: [String: String] = [:]) async throws -> String {
        let query = parameters.sorted { $0.key < $1.key }
            .map { "\(Self.encode($0.key))=\(Self.encode($0.value))" }.joined(separator: "&")
        let url = "\(address)/api/v1/\(path)\(query.isEmpty ? "" : "?\(query)")"
        let answer: HTTPClientResponse
        let body: ByteBuffer
        do {
            answer = try await HTTPClient.shared.execute(HTTPClientRequest(url: url), timeout: Self.timeout)
            body = try await answer.body.collect(upTo: bytesMax)
        } catch is NIOTooManyBytesError {
            throw Refusal(message: "the answer is larger than \(bytesMax) bytes; give a limit or a shorter range")
        } catch {
            throw Refusal(
                message: "no answer from the daemon at \(address): \(PrintableText.escape("\(error)")); "
                    + "is faultline serve running there? --address names another")
        }
        let text = String(buffer: body)
        guard answer.status == .ok else {
            throw Refusal(message: "\(answer.status.code): \(text.split(separator: "\n").joined(separator: " "))")
        }
        return text
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
