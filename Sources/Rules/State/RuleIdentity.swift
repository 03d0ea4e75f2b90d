import Support

/// Which rule an alert is of, the same in every run as long as the rule says the same.
enum RuleIdentity {
    static func text(_ rule: Rule, inGroup group: String) -> String {
        var hash = FNV1a()
        var parts = [group, rule.alert, "\(rule.selector.population)"]
        for match in rule.selector.matches { parts += [match.label, match.matcher.sign, match.matcher.operand] }
        parts += ["by"] + rule.by + ["when", rule.condition.expression.description]
        parts += [rule.over, rule.holdFor, rule.keepFiringFor].map { "\($0)" }
        switch rule.noData {
        case .standard: break
        case .keep: parts.append("no_data keep")
        case .resolve(let after): parts.append("no_data \(after)")
        }
        for (name, value) in rule.labels.sorted(by: { $0.key < $1.key }) { parts += [name, value] }
        parts.append("annotations")
        for (name, template) in rule.annotations.sorted(by: { $0.key < $1.key }) { parts += [name, template.text] }
        for part in parts { hash.combine(part) }
        return hash.hex
    }
}
