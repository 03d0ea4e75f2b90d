package import Credentials
internal import NIOSSL
internal import Synchronization

/// Who may use a listener: the certificate that it shows, and the tokens that it accepts. Both are replaced when their files
/// change, for connections and requests that begin later.
package final class ListenerAccess: Sendable {
    package struct Rules: Sendable {
        /// nil for plain text.
        package var identity: ServerIdentity?
        /// nil if no token is needed.
        package var tokens: BearerTokens?

        package init(identity: ServerIdentity? = nil, tokens: BearerTokens? = nil) {
            self.identity = identity
            self.tokens = tokens
        }
    }

    /// Plain text for everybody.
    package static let open = ListenerAccess(Rules())

    package let isTLS: Bool
    /// Asked for each request, so that listeners without tokens take no lock.
    private let wantsToken: Bool
    private let rules: Mutex<Rules>

    package init(_ rules: Rules) {
        isTLS = rules.identity != nil
        wantsToken = rules.tokens != nil
        self.rules = Mutex(rules)
    }

    package func replace(_ new: Rules) {
        precondition(isTLS == (new.identity != nil) && wantsToken == (new.tokens != nil))
        rules.withLock { $0 = new }
    }

    /// nil for plain text.
    package var identity: ServerIdentity? { rules.withLock { $0.identity } }

    var context: NIOSSLContext? { isTLS ? rules.withLock { $0.identity?.context } : nil }

    /// Why a request is refused; nil if it isn't.
    ///
    /// - Parameters:
    ///   - authorization: the value of its `Authorization` field.
    ///   - takesPassword: whether the token may come as a password.
    package func refusal(_ authorization: @autoclosure () -> String?, takesPassword: Bool = false) -> RefusalReason? {
        guard wantsToken, let tokens = rules.withLock({ $0.tokens }) else { return nil }
        return switch tokens.match(authorization(), takesPassword: takesPassword) {
        case .accepted: nil
        case .missing: .missingToken
        case .wrong: .wrongToken
        }
    }
}

extension RefusalReason {
    /// The hint in the reply to a client without the right token.
    package var hintForToken: String {
        self == .missingToken
            ? "this listener requires a token: send the header Authorization: Bearer TOKEN"
            : "the token is not one of this listener's"
    }
}
