import Recording
import Rules

extension RecordingSettings {
    /// - Returns: where the directory is named; nil where it isn't.
    mutating func read(_ node: YAMLNode, _ diagnostics: inout RuleDiagnostics) -> FileReference? {
        let fields = ["directory", "mode", "rotate_bytes", "rotate_after", "retain_bytes", "retain_age"]
        guard let mapping = YAMLMapping(node, "archive", fields: fields, &diagnostics) else { return nil }
        if let path = mapping["directory"]?.directory(&diagnostics) { directory = path }
        if let mode = mapping["mode"]?.choice("mode", of: Mode.self, &diagnostics) { self.mode = mode }
        mapping["rotate_bytes"]?.bytes(
            "rotate_bytes", atLeast: Self.fileBytesLeast, &diagnostics, into: &rotateBytes)
        if let duration = mapping["rotate_after"]?.duration("rotate_after", atLeast: 1_000_000_000, &diagnostics) {
            rotateAfter = duration
        }
        mapping["retain_bytes"]?.bytes(
            "retain_bytes", atLeast: Self.filesRetained * Self.fileBytesLeast, &diagnostics, into: &retainBytes)
        if let node = mapping["rotate_bytes"], mapping["retain_bytes"] != nil, rotateBytes > fileBytesMax {
            diagnostics.warn(
                node.start,
                "rotate_bytes \(ByteSize.text(rotateBytes)): a file is finished at \(ByteSize.text(fileBytesMax)), a "
                    + "quarter of retain_bytes, so that most is still there after one went")
        }
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
