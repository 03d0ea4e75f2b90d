package import Rules

/// A rule file named by a configuration or command line: a path, a shell pattern, or `builtin`.
package struct RuleFileName: Sendable {
    package var name: String
    /// Its position in the configuration; nil on a command line.
    package var place: (file: String, position: SourcePosition)?

    package init(_ name: String, place: (file: String, position: SourcePosition)? = nil) {
        self.name = name
        self.place = place
    }

    /// Reports a problem of the name at its position.
    package func fault(_ message: String) -> RuleDiagnostics {
        var diagnostics = RuleDiagnostics(file: place?.file ?? name)
        diagnostics.report(place?.position ?? .start, message)
        return diagnostics
    }
}
