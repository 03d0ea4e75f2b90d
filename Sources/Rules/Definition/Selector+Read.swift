extension Selector {
    /// Reads a selector that stands in another file than one of rules; nil if something is wrong with it.
    package static func read(
        _ node: YAMLNode, in document: YAMLDocument, _ diagnostics: inout RuleDiagnostics
    ) -> Selector? {
        var reader = RuleFileReader(
            document: document, diagnostics: diagnostics, maximumWindow: .max, exactWindow: .max, components: [])
        let before = diagnostics.count
        let selector = reader.readSelector(node, of: "select")
        diagnostics = reader.diagnostics
        return diagnostics.count == before ? selector : nil
    }
}
