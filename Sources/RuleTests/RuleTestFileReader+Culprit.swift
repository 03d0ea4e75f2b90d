import Engine
import Rules
import Support
import YAML

extension RuleTestFileReader {
    private static let notClear = Verdict.Certainty.notClear.rawValue
    private static let sides = Side.allCases.map(\.rawValue) + [notClear]
    private static let certainties = [Verdict.Certainty.clear, .likely, .notClear].map(\.rawValue)

    /// Reads `culprit`, which is a side or a mapping; nil if it is invalid.
    mutating func readCulprit(_ node: YAMLNode) -> ExpectedCulprit? {
        switch node.kind {
        case .mapping: return readCulpritFields(node)
        case .scalar: return readSide(node)
        case .sequence:
            diagnostics.report(
                node.start,
                "culprit is \(Self.sides.joined(separator: ", ")), or a mapping (side, component, certainty), "
                    + "but found \(node.phrase)")
            return nil
        }
    }

    private mutating func readCulpritFields(_ node: YAMLNode) -> ExpectedCulprit? {
        let before = diagnostics.count
        guard
            let mapping = YAMLMapping(node, "a culprit", fields: ["side", "component", "certainty"], &diagnostics)
        else { return nil }
        var culprit = mapping["side"].flatMap { readSide($0) } ?? ExpectedCulprit()
        culprit.component = mapping["component"].flatMap { readComponent($0) }
        if let certainty = mapping["certainty"].flatMap({ readCertainty($0) }) {
            if culprit.certainty == .notClear, certainty != .notClear {
                diagnostics.report(
                    mapping.keyPosition("certainty"), "a culprit that is not clear can't be \(certainty.rawValue)")
            }
            culprit.certainty = certainty
        }
        guard diagnostics.count == before else { return nil }
        if culprit == ExpectedCulprit() {
            diagnostics.report(mapping.start, "a culprit has at least one of side, component and certainty")
        } else if culprit.certainty == .notClear, culprit.side != nil || culprit.component != nil {
            diagnostics.report(
                mapping.keyPosition("certainty"), "a verdict that is not clear names neither a side nor a component")
        } else if let side = culprit.side, let component = culprit.component, component.side != side {
            diagnostics.report(
                mapping.keyPosition("component"),
                "\(component.name) is a component of the side \(component.side.rawValue), not of \(side.rawValue)")
        }
        return diagnostics.count == before ? culprit : nil
    }

    private mutating func readSide(_ node: YAMLNode) -> ExpectedCulprit? {
        guard let word = node.string("the side of a culprit", &diagnostics) else { return nil }
        if word == Self.notClear { return ExpectedCulprit(certainty: .notClear) }
        if let side = Side(rawValue: word) { return ExpectedCulprit(side: side) }
        let hint =
            Component.builtinNames.contains(word)
            ? "it is a component: {component: \(word)}" : Suggestion.hint(for: word, among: Self.sides)
        diagnostics.report(node.start, "unknown side \(PrintableText.quote(word)); \(hint)")
        return nil
    }

    private mutating func readComponent(_ node: YAMLNode) -> Component? {
        guard let word = node.string("the component of a culprit", &diagnostics) else { return nil }
        if let number = Component.builtinNames.firstIndex(of: word) { return Component(UInt8(number)) }
        let hint = Suggestion.hint(for: word, among: Component.builtinNames)
        diagnostics.report(node.start, "unknown component \(PrintableText.quote(word)); \(hint)")
        return nil
    }

    private mutating func readCertainty(_ node: YAMLNode) -> Verdict.Certainty? {
        guard let word = node.string("the certainty of a culprit", &diagnostics) else { return nil }
        if let certainty = Verdict.Certainty(rawValue: word) { return certainty }
        let hint = Suggestion.hint(for: word, among: Self.certainties)
        diagnostics.report(node.start, "unknown certainty \(PrintableText.quote(word)); \(hint)")
        return nil
    }
}
