import Engine
import Support
import YAML

extension RuleFileReader {
    private static let fields = [
        "alert", "select", "match", "when", "over", "by", "for", "keep_firing_for", "no_data", "no_data_after",
        "labels", "annotations", "incident",
    ]

    /// Fields that users know from Prometheus.
    private static let foreignFields = [
        "expr": "the condition is called \"when\"",
        "record": "recording rules are not available",
    ]

    /// nil if the rule is unusable; `diagnostics` says why.
    ///
    /// - Parameters:
    ///   - interval: the group's interval, in nanoseconds.
    ///   - noData: the group's policy for alerts without data.
    mutating func readRule(_ node: YAMLNode, interval: Int64, noData: NoDataPolicy) -> Rule? {
        guard
            let mapping = YAMLMapping(
                node, "a rule", fields: Self.fields, later: Self.foreignFields, &diagnostics)
        else { return nil }
        let alert = mapping.required("alert", &diagnostics).flatMap { readName($0) }
        let subject: Condition.Subject = mapping["match"] == nil ? .window : .single
        let selector = readSelector(mapping, subject)
        var over = readOver(mapping, subject, interval: interval)
        let condition = mapping.required("when", &diagnostics).flatMap {
            readCondition($0, of: subject, over: over ?? 0, population: selector?.population)
        }
        if let condition, condition.needsWindow, mapping["over"] == nil {
            diagnostics.report(
                mapping.start, "a rule needs the field \"over\": the length of its window, as in 5m")
            over = nil
        }
        let by = readBy(mapping, selector)
        let holdFor = readDuration("for", mapping)
        let keepFiringFor = readDuration("keep_firing_for", mapping)
        let noData = readNoData(mapping, inherited: noData)
        let isOfIncidents = mapping["incident"].map { $0.boolean("incident", &diagnostics) ?? true } ?? true
        let labels = mapping["labels"].map { readLabels($0) } ?? [:]
        // Without a valid `by`, every label in a template would seem unknown, so none is checked.
        let known = by.map { Set(labels.keys).union($0).union(["alertname", SeriesLabels.cluster]) }
        let annotations =
            mapping["annotations"].map {
                readAnnotations($0, labels: known, dimension: condition?.subjectDimension)
            } ?? [:]
        guard let alert, let selector, let over, let condition, let by, let holdFor, let keepFiringFor else {
            return nil
        }
        let rule = Rule(
            alert: alert, selector: selector, by: by, condition: condition, over: over, holdFor: holdFor,
            keepFiringFor: keepFiringFor, noData: noData, labels: labels, annotations: annotations,
            isOfIncidents: isOfIncidents)
        check(instancesOf: rule, mapping)
        warn(of: rule, mapping, interval: interval)
        note(AlertIdentity(rule), at: mapping["alert"]?.start ?? node.start)
        return rule
    }

    private mutating func readSelector(_ mapping: YAMLMapping, _ subject: Condition.Subject) -> Selector? {
        switch (mapping["select"], mapping["match"]) {
        case (.some, .some):
            diagnostics.report(
                mapping.keyPosition("match"),
                "a rule has \"select\", for windows, or \"match\", for single spans, but not both")
        case (nil, nil):
            diagnostics.report(
                mapping.start, "a rule needs the field \"select\", for windows, or \"match\", for single spans")
            return nil
        default: break
        }
        let field = subject == .window ? "select" : "match"
        return mapping.required(field, &diagnostics).flatMap { readSelector($0, of: field) }
    }

    private mutating func readBy(_ mapping: YAMLMapping, _ selector: Selector?) -> [String]? {
        guard let node = mapping["by"] else { return selector?.matches.map { $0.label } }
        return readGrouping(node, population: selector?.population)
    }

    /// A duration field; 0 if the rule doesn't have it.
    private mutating func readDuration(_ field: String, _ mapping: YAMLMapping) -> Int64? {
        guard let node = mapping[field] else { return 0 }
        return node.duration(field, &diagnostics)
    }

    private mutating func readName(_ node: YAMLNode) -> String? {
        guard let name = node.string("alert", &diagnostics) else { return nil }
        guard name.unicodeScalars.count <= 200, !name.unicodeScalars.contains(where: PrintableText.isUnsafe)
        else {
            diagnostics.report(
                node.start,
                "the name of an alert must be one line of at most 200 characters, but found \(node.phrase)")
            return nil
        }
        return name
    }

    private mutating func readLabels(_ node: YAMLNode) -> [String: String] {
        var labels: [String: String] = [:]
        for entry in node.entries("labels", &diagnostics) ?? [] {
            guard readLabelName(entry), let text = entry.value.string("the label \(entry.key)", &diagnostics)
            else {
                continue
            }
            if text.contains("{{") {
                diagnostics.report(entry.value.start, "labels are plain text; templates go in annotations")
            }
            labels[entry.key] = text
        }
        return labels
    }

    private mutating func readAnnotations(
        _ node: YAMLNode, labels: Set<String>?, dimension: Dimension?
    ) -> [String: AnnotationTemplate] {
        var annotations: [String: AnnotationTemplate] = [:]
        for entry in node.entries("annotations", &diagnostics) ?? [] {
            guard readLabelName(entry),
                let text = entry.value.string("the annotation \(entry.key)", &diagnostics)
            else { continue }
            do {
                annotations[entry.key] = try AnnotationTemplate(text, labels: labels, dimension: dimension)
            } catch {
                for problem in error.all {
                    diagnostics.report(document.position(of: problem.position, in: entry.value), problem.message)
                }
            }
        }
        return annotations
    }

    private mutating func readLabelName(_ entry: YAMLNode.Entry) -> Bool {
        LabelName.check(entry, &diagnostics)
    }
}

extension RuleFileReader {
    private enum Word: String, CaseIterable {
        case keep
        case resolve
    }

    /// Reads `no_data` and `no_data_after` of a rule or a group.
    /// - Parameter inherited: the policy if neither is given.
    mutating func readNoData(_ mapping: YAMLMapping, inherited: NoDataPolicy) -> NoDataPolicy {
        let word = mapping["no_data"].flatMap { $0.choice("no_data", of: Word.self, &diagnostics) }
        let after = mapping["no_data_after"].flatMap { $0.duration("no_data_after", &diagnostics) }
        switch (word, after) {
        case (nil, nil): return inherited
        case (.keep?, nil): return .keep
        case (.keep?, _?):
            diagnostics.report(
                mapping.keyPosition("no_data_after"),
                "\"no_data: keep\" never resolves an alert, so no_data_after has no effect: remove one of the two")
            return .keep
        case (_, let after?): return .resolve(after: after)
        case (.resolve?, nil):
            if case .resolve = inherited { return inherited }
            return .standard
        }
    }
}

extension RuleFileReader {
    /// Warns about what works, but probably not as intended.
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
                "over \(DurationText.format(rule.over)): \(evaluated), so spans in between are never examined")
        }
        guard let when = mapping["when"] else { return }
        for problem in rule.condition.warnings {
            diagnostics.warn(document.position(of: problem.position, in: when), problem.message)
        }
    }

    /// Notes the identity of a rule's alerts, and reports it if another rule has the same. Receivers know alerts by
    /// their labels: one rule would resolve the other's firing alerts.
    mutating func note(_ identity: AlertIdentity, at position: SourcePosition) {
        identities.append(AlertIdentity.Occurrence(identity: identity, position: position))
        if let line = firstLines[identity] {
            diagnostics.report(position, identity.problemWithSecond(first: "the rule on line \(line)"))
        } else {
            firstLines[identity] = position.line
        }
    }
}
