import Credentials
import Foundation
import YAML

/// How a sink authenticates, as in Prometheus' configuration: `authorization: {type, credentials_file}` or `basic_auth:
/// {username, password_file}`. Secrets are in files of their own.
enum SinkAuthorization: Hashable, Sendable {
    case token(type: String, CredentialFile)
    case password(user: String, CredentialFile)

    /// nil without either, or if it is unusable; `diagnostics` says why.
    init?(_ mapping: YAMLMapping, _ diagnostics: inout Diagnostics) {
        if let node = mapping["basic_auth"], mapping["authorization"] != nil {
            diagnostics.report(node.start, "a sink must have authorization or basic_auth, not both")
            return nil
        }
        if let node = mapping["authorization"] {
            self.init(authorization: node, &diagnostics)
        } else if let node = mapping["basic_auth"] {
            self.init(basic: node, &diagnostics)
        } else {
            return nil
        }
    }

    private init?(authorization node: YAMLNode, _ diagnostics: inout Diagnostics) {
        guard
            let mapping = YAMLMapping(node, "authorization", fields: ["type", "credentials_file"], &diagnostics),
            mapping.required("credentials_file", &diagnostics) != nil,
            let file = CredentialFile("credentials_file", of: mapping, &diagnostics)
        else { return nil }
        var type = "Bearer"
        if let node = mapping["type"] {
            guard let text = node.string("type", &diagnostics) else { return nil }
            guard text.wholeMatch(of: /[A-Za-z][A-Za-z0-9-]*/) != nil, text.lowercased() != "basic" else {
                diagnostics.report(
                    node.start,
                    "type must be the first word of the Authorization header, such as Bearer; for Basic, write basic_auth"
                )
                return nil
            }
            type = text
        }
        self = .token(type: type, file)
    }

    private init?(basic node: YAMLNode, _ diagnostics: inout Diagnostics) {
        guard
            let mapping = YAMLMapping(node, "basic_auth", fields: ["username", "password_file"], &diagnostics),
            let userNode = mapping.required("username", &diagnostics),
            let user = userNode.string("username", &diagnostics),
            mapping.required("password_file", &diagnostics) != nil,
            let file = CredentialFile("password_file", of: mapping, &diagnostics)
        else { return nil }
        guard !user.contains(":") else {
            diagnostics.report(userNode.start, "a username must have no colon, which would end it")
            return nil
        }
        self = .password(user: user, file)
    }

    var file: CredentialFile {
        switch self {
        case .token(_, let file), .password(_, let file): file
        }
    }

    /// The value of the `Authorization` header.
    func value() throws(CredentialError) -> String {
        switch self {
        case .token(let type, let file): return "\(type) \(try file.secret())"
        case .password(let user, let file):
            return Self.basic(user, password: try file.secret())
        }
    }

    /// The header for a user and a password (RFC 7617).
    static func basic(_ user: String, password: String) -> String {
        "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
    }
}
