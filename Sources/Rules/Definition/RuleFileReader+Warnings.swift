import Support

extension RuleFileReader {
    /// Warns of what works, but hardly as it was meant.
    mutating func warn(of rule: Rule, _ mapping: YAMLMapping, interval: Int64) {
        let evaluated = "the group is evaluated every \(DurationText.format(interval))"
        for (field, duration, effect) in [
            ("for", rule.holdFor, "the alert fires"), ("keep_firing_for", rule.keepFiringFor, "the alert resolves"),
        ] where duration > 0 && duration < interval {
            diagnostics.warn(
                mapping[field]?.start ?? mapping.start,
                "\(field) \(DurationText.format(duration)): \(evaluated), so that \(effect) after "
                    + DurationText.format(interval))
        }
        if rule.condition.durations == nil, rule.over > 0, rule.over < interval {
            diagnostics.warn(
                mapping["over"]?.start ?? mapping.start,
                "over \(DurationText.format(rule.over)): \(evaluated), so that spans in between are never looked at")
        }
        guard let when = mapping["when"] else { return }
        for fault in rule.condition.warnings {
            diagnostics.warn(document.position(of: fault.position, in: when), fault.message)
        }
    }

    /// Notes a rule's alerts, and reports those that another rule has already: receivers, which know alerts by their
    /// labels, would be told by one rule that they resolved while the other has them firing.
    mutating func note(_ identity: AlertIdentity, at position: SourcePosition) {
        identities.append(AlertIdentity.Place(identity: identity, position: position))
        if let line = firstLines[identity] {
            diagnostics.report(position, identity.faultOfSecond(first: "the rule on line \(line)"))
        } else {
            firstLines[identity] = position.line
        }
    }
}

/// What two rules have in common whose alerts can't be told apart.
package struct AlertIdentity: Hashable, Sendable {
    package struct Place: Hashable, Sendable {
        package var identity: AlertIdentity
        package var position: SourcePosition
    }

    private let alert: String
    private let labels: [String: String]
    /// The labels that alerts are told apart by, each with the one value it has, if the rule selects but one.
    private let by: [String: String?]

    init(_ rule: Rule) {
        alert = rule.alert
        labels = rule.labels
        by = Dictionary(
            rule.by.map { label in
                let values = rule.selector.matches.compactMap { match -> String? in
                    guard match.label == label, case .equal(let value) = match.matcher else { return nil }
                    return value
                }
                return (label, values.first)
            }, uniquingKeysWith: { first, _ in first })
    }

    /// - Parameter first: the rule that has these alerts already, in words.
    package func faultOfSecond(first: String) -> String {
        "the alerts \(PrintableText.quote(alert)) of this rule can't be told from those of \(first): give one of them "
            + "another name, or a label such as severity another value"
    }
}
