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
            return readReceiver(webhook, .webhook) {
                .webhook(url: $0, headersFile: $1)
            }
        }
        if let alertmanager = mapping["alertmanager"] {
            return readReceiver(alertmanager, .alertmanager) {
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
        _ node: YAMLNode, _ kind: SinkURL.Kind,
        as make: (_ url: String, _ headersFile: String?) -> SinkDefinition
    ) -> SinkDefinition? {
        guard let mapping = YAMLMapping(node, kind.phrase, fields: ["url", "headers_file"], &diagnostics),
            let urlNode = mapping.required("url", &diagnostics),
            let url = urlNode.string("url", &diagnostics)
        else { return nil }
        if let fault = SinkURL.fault(url, of: kind) {
            diagnostics.report(urlNode.start, fault)
            return nil
        }
        guard let node = mapping["headers_file"], let file = node.string("headers_file", &diagnostics) else {
            return make(url, nil)
        }
        let headersFile = path(of: file)
        headersFiles.append(FileReference(path: headersFile, position: node.start))
        return make(url, headersFile)
    }

    /// Resolves a path relative to the file's folder.
    private func path(of file: String) -> String {
        guard !file.hasPrefix("/") else { return file }
        return URL(fileURLWithPath: diagnostics.file).deletingLastPathComponent().appending(path: file).path
    }
}
