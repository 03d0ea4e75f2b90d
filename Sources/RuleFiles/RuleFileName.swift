package import Rules

/// A rule file as a configuration or a command line names it: a file, a pattern in the shell's manner, or `builtin`.
package struct RuleFileName: Sendable {
    package var name: String
    /// Where it stands; nil for a command line.
    package var place: (file: String, position: SourcePosition)?

    package init(_ name: String, place: (file: String, position: SourcePosition)? = nil) {
        self.name = name
        self.place = place
    }

    /// A problem of the name itself, told at the place that has it.
    package func fault(_ message: String) -> RuleDiagnostics {
        var diagnostics = RuleDiagnostics(file: place?.file ?? name)
        diagnostics.report(place?.position ?? .start, message)
        return diagnostics
    }
}
