import Engine
import Support
import YAML

extension RuleFileReader {
    /// The length of the rule's window; 0 if it isn't given, since its values may have their own windows.
    mutating func readOver(
        _ mapping: YAMLMapping, _ subject: Condition.Subject, interval: Int64
    ) -> Int64? {
        guard let node = mapping["over"] else { return subject == .single ? interval : 0 }
        guard let over = readWindow(node) else { return nil }
        if subject == .single, over > 0, over < interval {
            diagnostics.report(
                node.start,
                "over of a rule with \"match\" is at least the group's interval, \(DurationText.format(interval))")
        }
        return over
    }

    private mutating func readWindow(_ node: YAMLNode) -> Int64? {
        guard let over = node.duration("over", &diagnostics) else { return nil }
        if over == 0 { diagnostics.report(node.start, "over is longer than 0s") }
        if over > maximumWindow {
            diagnostics.report(
                node.start,
                "over \(DurationText.format(over)) reaches beyond the history of "
                    + "\(DurationText.format(maximumWindow)) that is kept")
        }
        return over
    }

    mutating func readCondition(
        _ node: YAMLNode, of subject: Condition.Subject, over: Int64, population: Population?
    ) -> Condition? {
        guard let text = node.string("when", &diagnostics) else { return nil }
        do {
            let condition = try Condition(text, of: subject, components: components)
            for (value, position) in condition.expression.values {
                guard let wanted = value.measure.population, let population, wanted != population else { continue }
                diagnostics.report(
                    document.position(of: position, in: node),
                    "\(value.measure.name) is measured over \(wanted == .spans ? "spans" : "requests"): select them by "
                        + wanted.labelNames.joined(separator: ", "))
            }
            for (value, position) in condition.expression.values where subject == .window {
                // Problems of the rule's own window are reported where it is written.
                guard value.over != nil || value.farthestOffset > 0 && over <= maximumWindow,
                    let problem = reachProblem(offset: value.farthestOffset, over: value.over ?? over)
                else { continue }
                let range = value.over == nil ? " over \(DurationText.format(over))" : ""
                diagnostics.report(document.position(of: position, in: node), "\(value)\(range) \(problem)")
            }
            return condition
        } catch {
            for problem in error.all {
                diagnostics.report(document.position(of: problem.position, in: node), problem.message)
            }
            return nil
        }
    }

    /// Why a value can't look that far back; nil if it can.
    private func reachProblem(offset: Int64, over: Int64) -> String? {
        let reach = offset.addingSaturating(over)
        if reach > maximumWindow {
            return "reaches beyond the history of \(DurationText.format(maximumWindow)) that is kept"
        }
        // A range of n whole minutes covers n of them wherever it begins; any other covers one more or less.
        if reach > exactWindow, over % 60_000_000_000 != 0 {
            return
                "reaches beyond the window of \(DurationText.format(exactWindow)), where statistics are kept by the minute: "
                + "over is a whole number of minutes"
        }
        return nil
    }

    /// Reports what can't be distinguished by instance: what has left the window, and what is usual.
    mutating func check(instancesOf rule: Rule, _ mapping: YAMLMapping) {
        guard rule.isByInstance else { return }
        if rule.condition.inputs.ranges.contains(where: { $0.measured.isOfUsual }) {
            diagnostics.report(
                mapping["when"]?.start ?? mapping.start,
                "what is usual isn't known by instance: compare with an earlier time, as in p99 > 3 * p99 offset 10m, "
                    + "or leave out \"instance\": the verdict names the one that is slow")
        }
        if rule.reach > exactWindow {
            diagnostics.report(
                mapping["over"]?.start ?? mapping.start,
                "a rule that distinguishes instances looks back \(DurationText.format(exactWindow)) at most: beyond the window, "
                    + "statistics have no instance")
        }
    }
}
