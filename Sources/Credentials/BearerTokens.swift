import Foundation
import Support

/// The tokens that a listener accepts. Only their hashes are kept.
package struct BearerTokens: Sendable {
    package enum Match: Sendable {
        case accepted
        case missing
        case wrong
    }

    private let hashes: [[UInt8]]

    /// Reads a file with a token on each line. Two at a time let clients change from one to the next.
    package init(_ file: CredentialFile) throws(CredentialError) {
        // To Swift, CR LF is one character, different from LF.
        let lines = String(decoding: try file.contents(), as: UTF8.self)
            .split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        var hashes: [[UInt8]] = []
        for (index, line) in lines.enumerated() {
            let token = line.trimmingCharacters(in: .whitespaces)
            guard !token.isEmpty, !token.hasPrefix("#") else { continue }
            guard Self.isToken(token) else {
                throw file.failure(
                    "line \(index + 1) is not a token; a token has letters, digits and -._~+/, without spaces, and may end with ="
                )
            }
            hashes.append(Self.hash(token))
        }
        guard !hashes.isEmpty else { throw file.failure("it holds no token; write one on each line") }
        self.hashes = hashes
    }

    /// RFC 6750, section 2.1.
    private static func isToken(_ text: String) -> Bool {
        let body = text.reversed().drop { $0 == "=" }
        return !body.isEmpty
            && body.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._~+/".contains($0)) }
    }

    /// - Parameters:
    ///   - authorization: the value of the `Authorization` field; nil without one.
    ///   - takesPassword: whether the token may come as the password of any user, as browsers send it (RFC 7617).
    package func match(_ authorization: String?, takesPassword: Bool = false) -> Match {
        guard let authorization, let space = authorization.firstIndex(of: " ") else { return .missing }
        let credentials = authorization[space...].drop { $0 == " " }
        guard !credentials.isEmpty else { return .missing }
        switch authorization[..<space].lowercased() {
        case "bearer": return isKnown(String(credentials)) ? .accepted : .wrong
        case "basic" where takesPassword:
            let decoded = Data(base64Encoded: String(credentials)).map { String(decoding: $0, as: UTF8.self) } ?? ""
            let password = decoded.drop { $0 != ":" }.dropFirst()
            return isKnown(String(password)) ? .accepted : .wrong
        default: return .missing
        }
    }

    /// Takes the same time whichever token it is, and however much of it is right.
    private func isKnown(_ token: String) -> Bool {
        let hash = Self.hash(token)
        var isKnown = false
        for known in hashes {
            let difference = zip(known, hash).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) }
            isKnown = difference == 0 || isKnown
        }
        return isKnown
    }

    private static func hash(_ token: String) -> [UInt8] { Array(SHA256.hex(Array(token.utf8)).utf8) }
}
