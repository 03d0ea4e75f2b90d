import Rules

extension RecordingSettings {
    /// - Returns: where the directory is named; nil where it isn't.
    mutating func read(_ node: YAMLNode, _ diagnostics: inout RuleDiagnostics) -> FileReference? {
        let fields = ["directory", "mode", "rotate_bytes", "rotate_after", "retain_bytes", "retain_age"]
        guard let mapping = YAMLMapping(node, "archive", fields: fields, &diagnostics) else { return nil }
        if let path = mapping["directory"]?.directory(&diagnostics) { directory = path }
        if let mode = mapping["mode"]?.choice("mode", of: Mode.self, &diagnostics) { self.mode = mode }
        mapping["rotate_bytes"]?.bytes("rotate_bytes", &diagnostics, into: &rotateBytes)
        if let duration = mapping["rotate_after"]?.duration("rotate_after", atLeast: 1_000_000_000, &diagnostics) {
            rotateAfter = duration
        }
        mapping["retain_bytes"]?.bytes("retain_bytes", &diagnostics, into: &retainBytes)
        if let duration = mapping["retain_age"]?.duration("retain_age", atLeast: 1_000_000_000, &diagnostics) {
            retainAge = duration
        }
        return mapping["directory"].flatMap { node in
            directory.map { FileReference(path: $0, position: node.start) }
        }
    }
}

extension YAMLNode {
    /// The path of a directory.
    func directory(_ diagnostics: inout RuleDiagnostics) -> String? {
        guard let path = string("directory", &diagnostics) else { return nil }
        guard !path.isEmpty else {
            diagnostics.report(start, "directory is a path, but found an empty one; leave it out for none")
            return nil
        }
        return path
    }
}
