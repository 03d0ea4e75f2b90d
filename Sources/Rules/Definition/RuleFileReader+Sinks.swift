import Foundation

extension RuleFileReader {
    private static let kinds = ["stdout", "webhook", "alertmanager"]

    /// Reads `sinks`: a list of mappings with one key each, the kind of sink.
    mutating func readSinks(_ node: YAMLNode) -> [SinkDefinition] {
        (node.list("sinks", &diagnostics) ?? []).compactMap { readSink($0) }
    }

    private mutating func readSink(_ node: YAMLNode) -> SinkDefinition? {
        let before = diagnostics.count
        guard
            let mapping = YAMLMapping(node, "a sink", fields: Self.kinds, &diagnostics)
        else { return nil }
        let found = Self.kinds.filter { mapping[$0] != nil }
        guard found.count < 2 else {
            diagnostics.report(
                mapping.keyPosition(found[1]), "one sink has one kind; start the next with \"- \(found[1])\"")
            return nil
        }
        if let stdout = mapping["stdout"] { return readStdout(stdout) }
        if let webhook = mapping["webhook"] {
            return readReceiver(webhook, "a webhook", "http://127.0.0.1:9093/hook") {
                .webhook(url: $0, headersFile: $1)
            }
        }
        if let alertmanager = mapping["alertmanager"] {
            return readReceiver(alertmanager, "an Alertmanager", "http://127.0.0.1:9093") {
                .alertmanager(url: $0, headersFile: $1)
            }
        }
        if diagnostics.count == before {
            diagnostics.report(node.start, "a sink is stdout, webhook or alertmanager")
        }
        return nil
    }

    private mutating func readStdout(_ node: YAMLNode) -> SinkDefinition? {
        if node.isNull { return .stdout(.text) }
        guard let mapping = YAMLMapping(node, "stdout", fields: ["format"], &diagnostics) else { return nil }
        let format =
            mapping["format"].map { $0.choice("format", of: StdoutFormat.self, &diagnostics) } ?? .text
        return format.map { .stdout($0) }
    }

    private mutating func readReceiver(
        _ node: YAMLNode, _ what: String, _ example: String,
        as make: (_ url: String, _ headersFile: String?) -> SinkDefinition
    ) -> SinkDefinition? {
        guard let mapping = YAMLMapping(node, what, fields: ["url", "headers_file"], &diagnostics),
            let urlNode = mapping.required("url", &diagnostics),
            let url = urlNode.string("url", &diagnostics)
        else { return nil }
        // The URL can hold a token, so that messages don't cite it.
        guard let parsed = URL(string: url), ["http", "https"].contains(parsed.scheme?.lowercased()),
            parsed.host()?.isEmpty == false
        else {
            diagnostics.report(urlNode.start, "url is a URL such as \(example)")
            return nil
        }
        // Names are looked at when something is sent.
        if let refused = parsed.host().flatMap({ RefusedAddress(text: $0) }) {
            diagnostics.report(urlNode.start, "\(refused)")
            return nil
        }
        if let ending = Self.alertsPaths.first(where: { parsed.path().hasSuffix($0) }) {
            diagnostics.report(
                urlNode.start,
                what == "an Alertmanager"
                    ? "url is the Alertmanager's base URL, as in \(example): leave \(ending) out"
                    : "\(ending) is an Alertmanager's API, which takes no webhooks; write "
                        + "alertmanager: {url: …}, with its base URL")
        } else if parsed.fragment != nil {
            diagnostics.report(urlNode.start, "url is a page of a browser: leave out what begins with #")
        }
        guard let node = mapping["headers_file"], let file = node.string("headers_file", &diagnostics) else {
            return make(url, nil)
        }
        let headersFile = path(of: file)
        headersFiles.append(FileReference(path: headersFile, position: node.start))
        return make(url, headersFile)
    }

    /// Where Alertmanagers take alerts, below their base URL.
    private static let alertsPaths = ["/api/v2/alerts", "/api/v2/alerts/", "/api/v1/alerts", "/api/v2", "/api/v2/"]

    /// A path in the file, seen from its folder.
    private func path(of file: String) -> String {
        guard !file.hasPrefix("/") else { return file }
        return URL(fileURLWithPath: diagnostics.file).deletingLastPathComponent().appending(path: file).path
    }
}
