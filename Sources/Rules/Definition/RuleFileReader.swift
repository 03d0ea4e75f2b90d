import Support
import YAML

/// Reads a rule file from its nodes. Continues after each problem, so that all are reported.
struct RuleFileReader {
    let document: YAMLDocument
    var diagnostics: Diagnostics
    let maximumWindow: Int64
    let exactWindow: Int64
    /// Component names, by number.
    let components: [String]
    /// Identities of the rules read so far.
    var identities: [AlertIdentity.Occurrence] = []
    /// The line where each identity appears first.
    var firstLines: [AlertIdentity: Int] = [:]

    /// nil if the file isn't a rule file at all; `diagnostics` holds the problems.
    mutating func readFile(_ readSinks: (YAMLNode, inout Diagnostics) -> Void) -> RuleFile? {
        guard let root = document.root, !root.isNull else {
            diagnostics.report(.start, "the file is empty; rules go under \"groups\"")
            return nil
        }
        guard let top = YAMLMapping(root, "a rule file", fields: ["groups", "sinks"], &diagnostics) else {
            return nil
        }
        if diagnostics.isEmpty, top["groups"] == nil, top["sinks"] == nil {
            diagnostics.report(root.start, "a rule file needs \"groups\" or \"sinks\"")
        }
        var file = RuleFile(groups: [])
        if top["groups"] != nil, let node = top.required("groups", &diagnostics) {
            file.groups = readGroups(node)
        }
        if top["sinks"] != nil, let node = top.required("sinks", &diagnostics) {
            readSinks(node, &diagnostics)
        }
        return file
    }

    private mutating func readGroups(_ node: YAMLNode) -> [RuleGroup] {
        var lines: [String: Int] = [:]
        var groups: [RuleGroup] = []
        for element in node.list("groups", &diagnostics) ?? [] {
            guard let group = readGroup(element) else { continue }
            if let line = lines.updateValue(element.start.line, forKey: group.name) {
                diagnostics.report(
                    element.start,
                    "a second group \(PrintableText.quote(group.name)); the first is on line \(line)")
            }
            groups.append(group)
        }
        return groups
    }

    private mutating func readGroup(_ node: YAMLNode) -> RuleGroup? {
        guard
            let mapping = YAMLMapping(
                node, "a group", fields: ["name", "interval", "limit", "no_data", "no_data_after", "rules"],
                &diagnostics)
        else { return nil }
        let name = mapping.required("name", &diagnostics)?.string("the name of a group", &diagnostics)
        let interval = mapping["interval"].map { readInterval($0) } ?? RuleGroup.defaultInterval
        let limit = mapping["limit"].flatMap { readLimit($0) }
        let noData = readNoData(mapping, inherited: .standard)
        let list = mapping.required("rules", &diagnostics)?.list("rules", &diagnostics)
        let rules = (list ?? []).compactMap { readRule($0, interval: interval, noData: noData) }
        return name.map { RuleGroup(name: $0, interval: interval, limit: limit, rules: rules) }
    }

    /// As in Prometheus, 0 means no limit.
    private mutating func readLimit(_ node: YAMLNode) -> Int? {
        guard let text = node.string("limit", &diagnostics) else { return nil }
        guard let limit = Int(text), (0...RuleGroup.limitMax).contains(limit) else {
            diagnostics.report(
                node.start,
                "limit must be a number of alerts from 0 to \(RuleGroup.limitMax), but found \(node.phrase)")
            return nil
        }
        return limit == 0 ? nil : limit
    }

    private mutating func readInterval(_ node: YAMLNode) -> Int64 {
        guard let interval = node.duration("interval", &diagnostics) else { return RuleGroup.defaultInterval }
        // A replay evaluates every multiple: below a tenth of a second, that takes longer than the spans lasted.
        if !(100_000_000...86_400_000_000_000).contains(interval) {
            diagnostics.report(node.start, "interval must be from 100ms to 1d, but found \(node.phrase)")
        }
        return interval
    }
}
