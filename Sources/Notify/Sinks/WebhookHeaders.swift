import YAML
import Rules
import Support

/// Headers to send with each webhook call, such as a token. Read from a file, so that rule files contain no secrets.
package struct WebhookHeaders: Hashable, Sendable, CustomStringConvertible {
    struct Header: Hashable, Sendable {
        var name: String
        var value: String
    }

    /// A problem in the file. Names the line, but never quotes it.
    package struct FormatError: Error, CustomStringConvertible {
        package var description: String
    }

    let all: [Header]

    package static let none = WebhookHeaders(all: [])

    private init(all: [Header]) {
        self.all = all
    }

    /// - Parameter value: takes precedence over a header of that name.
    func adding(_ name: String, _ value: String) -> WebhookHeaders {
        WebhookHeaders(
            all: all.filter { $0.name.lowercased() != name.lowercased() } + [Header(name: name, value: value)])
    }

    /// Headers that frame a request or control its connection (RFC 9110, 7.6.1; RFC 9112, 6).
    private static let ownHeaders: Set = [
        "connection", "content-length", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
    ]

    /// - Parameter text: one `Name: value` per line; ignores empty lines and those that start with `#`.
    init(_ text: String) throws(FormatError) {
        var headers: [Header] = []
        // To Swift, CR LF is one character, different from LF.
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        for (index, line) in lines.enumerated() {
            let line = line.drop { $0.isWhitespace }
            guard !line.isEmpty, !line.hasPrefix("#") else { continue }
            guard
                let match = line.wholeMatch(
                    of: /([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\u{0}-\u{8}\u{A}-\u{1F}\u{7F}]*?)\s*/)?.output
            else { throw FormatError(description: "line \(index + 1) is not of the form Name: value") }
            guard !Self.ownHeaders.contains(match.1.lowercased()) else {
                throw FormatError(
                    description: "line \(index + 1) has \(match.1), which each request sets itself; leave it out")
            }
            headers.append(Header(name: String(match.1), value: String(match.2)))
        }
        all = headers
    }

    /// Reads a file of headers.
    init(path: String) throws(FormatError) {
        let bytes: [UInt8]
        do {
            bytes = try RuleFile.contents(of: path)
        } catch {
            throw FormatError(description: error.description)
        }
        do {
            self = try WebhookHeaders(String(decoding: bytes, as: UTF8.self))
        } catch {
            throw FormatError(description: "\(PrintableText.escape(path)): \(error)")
        }
    }

    /// Only the names, since values are secret.
    package var description: String { all.map(\.name).joined(separator: ", ") }
}
