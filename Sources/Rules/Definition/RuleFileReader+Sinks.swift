import Foundation

extension RuleFileReader {
    private static let kinds = ["stdout", "webhook"]
    private static let laterKinds = [
        "alertmanager": "this sink is not available yet; a webhook receives the same alerts"
    ]

    /// Reads `sinks`: a list of mappings with one key each, the kind of sink.
    mutating func readSinks(_ node: YAMLNode) -> [SinkDefinition] {
        (node.list("sinks", &diagnostics) ?? []).compactMap { readSink($0) }
    }

    private mutating func readSink(_ node: YAMLNode) -> SinkDefinition? {
        let before = diagnostics.count
        guard
            let mapping = YAMLMapping(
                node, "a sink", fields: Self.kinds, later: Self.laterKinds, &diagnostics)
        else { return nil }
        switch (mapping["stdout"], mapping["webhook"]) {
        case (let stdout?, nil): return readStdout(stdout)
        case (nil, let webhook?): return readWebhook(webhook)
        case (.some, .some):
            diagnostics.report(
                mapping.keyPosition("webhook"), "one sink has one kind; start the next with \"- webhook\"")
        case (nil, nil):
            if diagnostics.count == before { diagnostics.report(node.start, "a sink is stdout or webhook") }
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

    private mutating func readWebhook(_ node: YAMLNode) -> SinkDefinition? {
        guard let mapping = YAMLMapping(node, "a webhook", fields: ["url", "headers_file"], &diagnostics),
            let urlNode = mapping.required("url", &diagnostics),
            let url = urlNode.string("url", &diagnostics)
        else { return nil }
        // The URL can hold a token, so that messages don't cite it.
        guard let parsed = URL(string: url), ["http", "https"].contains(parsed.scheme?.lowercased()),
            parsed.host()?.isEmpty == false
        else {
            diagnostics.report(urlNode.start, "url is a URL such as http://127.0.0.1:9093/hook")
            return nil
        }
        let headersFile = mapping["headers_file"].flatMap { $0.string("headers_file", &diagnostics) }
        return .webhook(url: url, headersFile: headersFile.map { path(of: $0) })
    }

    /// A path in the file, seen from its folder.
    private func path(of file: String) -> String {
        guard !file.hasPrefix("/") else { return file }
        return URL(fileURLWithPath: diagnostics.file).deletingLastPathComponent().appending(path: file).path
    }
}
