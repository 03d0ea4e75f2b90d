import Engine
import Pipeline
import Rules

extension Configuration {
    /// Reads `attribution`: how long spans are waited for, and the components of services that Faultline doesn't know.
    mutating func readAttribution(_ node: YAMLNode, in document: YAMLDocument, _ diagnostics: inout RuleDiagnostics) {
        guard let mapping = YAMLMapping(node, "attribution", fields: ["settle", "components"], &diagnostics) else {
            return
        }
        if let settle = mapping["settle"]?.duration("settle", &diagnostics) { attribution.settle = settle }
        let read = (mapping["components"]?.list("components", &diagnostics) ?? []).compactMap {
            ConfiguredComponent($0, in: document, &diagnostics)
        }
        let added = read.map(\.component).filter { !Component.builtinNames.contains($0) }
        let room = ComponentTable.countMax - Component.builtinNames.count
        if Set(added).count > room {
            diagnostics.report(node.start, "there is room for \(room) components beside the built-in ones")
        }
        attribution.components = ComponentTable(added: added) { operation in
            read.first { $0.selector.selects { operation[$0] } }?.component
        }
    }
}

/// Which component spans count for.
private struct ConfiguredComponent {
    let component: String
    let selector: Selector

    init?(_ node: YAMLNode, in document: YAMLDocument, _ diagnostics: inout RuleDiagnostics) {
        guard let mapping = YAMLMapping(node, "a component", fields: ["component", "select"], &diagnostics) else {
            return nil
        }
        let name = mapping.required("component", &diagnostics)?.componentName(&diagnostics)
        let selector = mapping.required("select", &diagnostics).flatMap { node -> Selector? in
            guard let selector = Selector.read(node, in: document, &diagnostics) else { return nil }
            guard selector.population == .spans else {
                diagnostics.report(
                    node.start,
                    "a component is one of spans: select them by \(OperationLabels.names.joined(separator: ", "))")
                return nil
            }
            return selector
        }
        guard let name, let selector else { return nil }
        component = name
        self.selector = selector
    }
}

extension YAMLNode {
    /// The name of a component, as it stands in `share(name)`.
    fileprivate func componentName(_ diagnostics: inout RuleDiagnostics) -> String? {
        guard let name = string("component", &diagnostics) else { return nil }
        let isName =
            (1...40).contains(name.utf8.count) && name.first?.isLetter == true
            && name.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-") }
        if !isName {
            diagnostics.report(
                start, "a component's name is made of a-z, 0-9 and -, at most 40 of them, but found \(phrase)")
        }
        return isName ? name : nil
    }
}
