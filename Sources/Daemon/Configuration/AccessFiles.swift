import Credentials
import Receivers
import YAML

/// Who may use a listener, as the configuration says: its certificate and its tokens, in files.
struct AccessFiles: Hashable, Sendable {
    var tls: ServerTLS?
    var tokens: CredentialFile?

    var isEmpty: Bool { tls == nil && tokens == nil }
    var files: [CredentialFile] { (tls?.files ?? []) + [tokens].compactMap(\.self) }

    /// Reads the files.
    func load(for field: ListenField) throws(CredentialError) -> ListenerAccess.Rules {
        var rules = ListenerAccess.Rules()
        if let tls { rules.identity = try tls.load(applicationProtocol: field.applicationProtocol) }
        if let tokens { rules.tokens = try BearerTokens(tokens) }
        return rules
    }
}

extension ListenField {
    /// As ALPN names it. gRPC clients insist on theirs.
    fileprivate var applicationProtocol: String {
        switch self {
        case .grpc: "h2"
        case .http, .listen, .jaeger: "http/1.1"
        }
    }
}

extension Configuration {
    /// Reads a listener: its address alone, or a mapping of the address and who may use it.
    mutating func readListener(_ field: ListenField, _ node: YAMLNode, _ diagnostics: inout Diagnostics) {
        guard case .mapping = node.kind else {
            positions.addresses[field] = readAddress(field, node, &diagnostics)
            return
        }
        let fields = ["address", "tls", "token_file"]
        guard let mapping = YAMLMapping(node, field.name, fields: fields, &diagnostics) else { return }
        positions.addresses[field] =
            mapping["address"].map { readAddress(field, $0, &diagnostics) } ?? (self[field], node.start)
        var access = AccessFiles()
        if let node = mapping["tls"] { access.tls = ServerTLS(node, &diagnostics) }
        access.tokens = CredentialFile("token_file", of: mapping, &diagnostics)
        self.access[field] = access
        if let node = mapping["token_file"], mapping["tls"] == nil, !ListenHost(literal: self[field].host).isLoopback {
            diagnostics.warn(
                node.start, "without tls, anyone on the network path can read the tokens that clients send")
        }
    }

    private mutating func readAddress(
        _ field: ListenField, _ node: YAMLNode, _ diagnostics: inout Diagnostics
    ) -> (address: ListenAddress, position: SourcePosition) {
        if let text = node.string(field.name, &diagnostics) {
            if let address = ListenAddress(text) {
                self[field] = address
            } else {
                diagnostics.report(node.start, "\(field.name): \(ListenAddress.form), but found \(node.phrase)")
            }
        }
        return (self[field], node.start)
    }

    /// The certificate and tokens of a listener. Jaeger's API serves what the query API serves, so unless it has its
    /// own, they are the same.
    func accessFiles(_ field: ListenField) -> AccessFiles {
        let own = access[field] ?? AccessFiles()
        return field == .jaeger && own.isEmpty ? access[.listen] ?? AccessFiles() : own
    }

    /// Why a listener doesn't start: every machine that can reach it could use it, and no setting allows that.
    func problemWithExposure(_ field: ListenField, _ host: ListenHost) -> String? {
        guard !insecureListen, accessFiles(field).isEmpty, host.isElsewhere else { return nil }
        return "\(field.rawValue) (\(self[field])) is open to every machine that reaches this one: give it tls or "
            + "token_file, listen on 127.0.0.1, or set insecure_listen: true (serve --insecure-listen)"
    }

    /// Certificates that clients refuse now.
    func warnOfCertificates(now: Int, _ diagnostics: inout Diagnostics) {
        for field in ListenField.allCases {
            guard let files = access[field], let tls = files.tls, let rules = try? files.load(for: field) else {
                continue
            }
            guard let problem = rules.identity?.problem(now: now) else { continue }
            diagnostics.warn(tls.certificate.position, "cert_file: \(problem), so clients refuse it")
        }
    }

    /// What is wrong with the files of certificates and tokens.
    func problemsWithCredentials(in file: String) -> [Diagnostics] {
        var diagnostics = Diagnostics(file: file)
        for field in ListenField.allCases {
            do {
                _ = try access[field]?.load(for: field)
            } catch {
                diagnostics.report(error.position, error.description)
            }
        }
        return diagnostics.isEmpty ? [] : [diagnostics]
    }
}
