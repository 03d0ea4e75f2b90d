import Credentials
import Foundation
import NIOSSL
import Rules
import Support
import YAML

/// What sinks over HTTP have in common in a rule file: where to post, and with which headers. A field for all of them, such
/// as one for TLS, is read here and handed to `SinkClient`.
struct SinkEndpoint: Hashable, Sendable {
    /// May contain credentials, and is never shown.
    let url: String
    /// Absolute, or relative to the working directory.
    let headersFile: FileReference?
    let subject: SinkSubject
    private(set) var sendsResolved = true
    private var tls: ClientTLS?
    private var authorization: SinkAuthorization?

    init(url: String, headersFile: FileReference? = nil, subject: SinkSubject = .alerts) {
        self.url = url
        self.headersFile = headersFile
        self.subject = subject
    }

    private static let fields = ["url", "headers_file", "send", "tls_config", "authorization", "basic_auth"]

    /// nil if the node is unusable; `diagnostics` says why.
    init?(_ node: YAMLNode, of kind: (some EndpointDefinition).Type, _ diagnostics: inout Diagnostics) {
        let fields = Self.fields + (kind.choosesResolved ? ["send_resolved"] : [])
        guard let mapping = YAMLMapping(node, kind.phrase, fields: fields, &diagnostics),
            let urlNode = mapping.required("url", &diagnostics),
            let url = urlNode.string("url", &diagnostics)
        else { return nil }
        if let problem = SinkURL.problem(url, example: kind.example, ofKind: kind.problem) {
            diagnostics.report(urlNode.start, problem)
            return nil
        }
        guard let subject = SinkSubject.read(mapping, &diagnostics) else { return nil }
        let headersFile = mapping["headers_file"].flatMap { node in
            node.string("headers_file", &diagnostics).map { (node.start, $0) }
        }
        self.init(
            url: url,
            headersFile: headersFile.map { position, file in
                FileReference(path: FilePath.resolved(file, in: diagnostics.file), position: position)
            }, subject: subject)
        sendsResolved = mapping["send_resolved"]?.boolean("send_resolved", &diagnostics) ?? true
        authorization = SinkAuthorization(mapping, &diagnostics)
        guard let node = mapping["tls_config"] else { return }
        if !url.lowercased().hasPrefix("https:") {
            diagnostics.report(node.start, "tls_config needs a url that begins with https://")
        }
        tls = ClientTLS(node, &diagnostics)
    }

    /// The headers of the file, and the one that authenticates the sink.
    func headers() throws(WebhookHeaders.FormatError) -> WebhookHeaders {
        var headers = WebhookHeaders.none
        if let headersFile { headers = try WebhookHeaders(path: headersFile.path) }
        guard let authorization else { return headers }
        do {
            return headers.adding("Authorization", try authorization.value())
        } catch {
            throw WebhookHeaders.FormatError(description: error.description)
        }
    }

    /// nil for the usual.
    func sinkTLS() throws(WebhookHeaders.FormatError) -> SinkTLS? {
        guard let tls else { return nil }
        do {
            return SinkTLS(configuration: try tls.load(), serverName: tls.serverName)
        } catch {
            throw WebhookHeaders.FormatError(description: error.description)
        }
    }

    var files: [String] {
        let credentials = (tls?.files ?? []) + [authorization?.file].compactMap(\.self)
        return [headersFile?.path].compactMap(\.self) + credentials.map(\.path)
    }

    /// What is wrong with the files that it names.
    func problemsOfFiles() -> [(position: SourcePosition, message: String)] {
        var problems: [(position: SourcePosition, message: String)] = []
        if let headersFile {
            do { _ = try WebhookHeaders(path: headersFile.path) } catch {
                problems.append((headersFile.position, "headers_file: \(error)"))
            }
        }
        do { _ = try authorization?.value() } catch { problems.append((error.position, error.description)) }
        do { _ = try tls?.load() } catch { problems.append((error.position, error.description)) }
        return problems
    }
}

/// A kind of sink over HTTP.
protocol EndpointDefinition: SinkDefinition {
    /// What messages call the sink, as in "a webhook".
    static var phrase: String { get }
    /// A URL, for messages.
    static var example: String { get }
    /// Whether it may leave out resolved alerts.
    static var choosesResolved: Bool { get }
    /// What is wrong with a URL for this kind of sink.
    static func problem(_ url: URL) -> String?

    var endpoint: SinkEndpoint { get }
    init(endpoint: SinkEndpoint)
}

extension EndpointDefinition {
    static var choosesResolved: Bool { false }

    init?(_ node: YAMLNode, _ diagnostics: inout Diagnostics) {
        guard let endpoint = SinkEndpoint(node, of: Self.self, &diagnostics) else { return nil }
        self.init(endpoint: endpoint)
    }

    /// Hashes the URL, which may contain a secret.
    var identity: String {
        var hash = FNV1a()
        hash.combine(endpoint.url)
        return "\(Self.kind)-\(hash.hex)\(endpoint.subject.suffix)"
    }

    var files: [String] { endpoint.files }

    func problemsOfFiles() -> [(position: SourcePosition, message: String)] { endpoint.problemsOfFiles() }
}
