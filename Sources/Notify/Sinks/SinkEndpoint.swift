import Foundation
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

    init(url: String, headersFile: FileReference? = nil, subject: SinkSubject = .alerts) {
        self.url = url
        self.headersFile = headersFile
        self.subject = subject
    }

    /// nil if the node is unusable; `diagnostics` says why.
    /// - Parameters:
    ///   - what: what messages call the sink, as in "a webhook".
    ///   - example: a URL, for messages.
    ///   - fault: what is wrong with a URL for this kind of sink.
    init?(
        _ node: YAMLNode, _ what: String, example: String, fault: (URL) -> String?,
        _ diagnostics: inout Diagnostics
    ) {
        guard let mapping = YAMLMapping(node, what, fields: ["url", "headers_file", "send"], &diagnostics),
            let urlNode = mapping.required("url", &diagnostics),
            let url = urlNode.string("url", &diagnostics)
        else { return nil }
        if let fault = SinkURL.fault(url, example: example, ofKind: fault) {
            diagnostics.report(urlNode.start, fault)
            return nil
        }
        guard let subject = SinkSubject.read(mapping, &diagnostics) else { return nil }
        let headersFile = mapping["headers_file"].flatMap { node in
            node.string("headers_file", &diagnostics).map { (node.start, $0) }
        }
        self.init(
            url: url,
            headersFile: headersFile.map { position, file in
                FileReference(path: Self.path(of: file, in: diagnostics.file), position: position)
            }, subject: subject)
    }

    /// Resolves a path relative to the folder of a rule file.
    private static func path(of file: String, in ruleFile: String) -> String {
        guard !file.hasPrefix("/") else { return file }
        return URL(fileURLWithPath: ruleFile).deletingLastPathComponent().appending(path: file).path
    }

    func headers() throws(WebhookHeaders.FormatError) -> WebhookHeaders {
        guard let headersFile else { return .none }
        return try WebhookHeaders(path: headersFile.path)
    }
}

/// A kind of sink over HTTP.
protocol EndpointDefinition: SinkDefinition {
    var endpoint: SinkEndpoint { get }
}

extension EndpointDefinition {
    /// Hashes the URL, which may contain a secret.
    var identity: String {
        var hash = FNV1a()
        hash.combine(endpoint.url)
        return "\(Self.kind)-\(hash.hex)\(endpoint.subject.suffix)"
    }

    var files: [String] { endpoint.headersFile.map { [$0.path] } ?? [] }

    func problemsOfFiles() -> [(position: SourcePosition, message: String)] {
        guard let headersFile = endpoint.headersFile else { return [] }
        do {
            _ = try endpoint.headers()
            return []
        } catch {
            return [(headersFile.position, "headers_file: \(error)")]
        }
    }
}
