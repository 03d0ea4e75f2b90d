/// Burn rates of the API server's latency objectives: over a month, 99 % of requests without error and within a
/// threshold.
///
/// Thresholds are SIG-scalability's (mutating calls and reads of one object 1 s, lists of a cluster 30 s) and
/// kubernetes-mixin's 5 s for lists within a namespace. Windows and factors are kubernetes-mixin's: the long window
/// says that the burn matters, the short one that it lasts, so that the alert ends soon after it.
enum ObjectiveRules {
    private struct Objective {
        let alert: String
        let select: String
        let threshold: String
        let minimum: Int
    }

    private struct Windows {
        let long: String
        let short: String
        let factor: String
        let hold: String
        let keep: String
        let severity: String
    }

    private static let objectives = [
        Objective(
            alert: "APIServerMutatingBurnsBudget",
            // Of single objects, as the objective says: a deletecollection takes as long as what it deletes.
            select: "{verb: \"=~ create|update|patch|delete\", scope: resource}", threshold: "1s", minimum: 50),
        // Reads of pod logs take as long as their kubelet, and fail with it.
        Objective(
            alert: "APIServerReadBurnsBudget",
            select: "{verb: \"=~ get|list\", scope: resource, subresource: \"!= log\"}", threshold: "1s", minimum: 50),
        Objective(
            alert: "APIServerNamespaceListBurnsBudget", select: "{verb: list, scope: namespace}", threshold: "5s",
            minimum: 30),
        Objective(
            alert: "APIServerClusterListBurnsBudget", select: "{verb: list, scope: cluster}", threshold: "30s",
            minimum: 20),
    ]

    private static let fast = [
        Windows(long: "1h", short: "5m", factor: "14.4", hold: "2m", keep: "2m", severity: "critical")
    ]
    private static let slow = [
        Windows(long: "6h", short: "30m", factor: "6", hold: "15m", keep: "2m", severity: "critical"),
        Windows(long: "1d", short: "2h", factor: "3", hold: "1h", keep: "15m", severity: "warning"),
        Windows(long: "3d", short: "6h", factor: "1", hold: "3h", keep: "15m", severity: "warning"),
    ]

    /// Two groups of rules.
    static var text: String {
        group("control-plane-objectives", interval: "15s", fast)
            + group("control-plane-objectives-slow", interval: "1m", slow)
    }

    private static func group(_ name: String, interval: String, _ windows: [Windows]) -> String {
        let rules = objectives.flatMap { objective in windows.map { rule(objective, $0) } }
        return "  - name: \(name)\n    interval: \(interval)\n    rules:\n" + rules.joined()
    }

    private static func rule(_ objective: Objective, _ windows: Windows) -> String {
        func burns(_ window: String) -> String {
            "burn_rate(99%, \(objective.threshold), \(window)) > \(windows.factor)"
        }
        return """
                  - alert: \(objective.alert)
                    select: \(objective.select)
                    when: \(burns(windows.long)) and \(burns(windows.short)) and count >= \(objective.minimum)
                    over: \(windows.short)
                    by: [verb, scope]
                    for: \(windows.hold)
                    keep_firing_for: \(windows.keep)
                    labels: {severity: \(windows.severity), window: \(windows.long)}
                    annotations:
                      summary: "{{ $labels.verb }} ({{ $labels.scope }}) uses up its error budget \
            {{ $value | humanize }} times too fast (\(windows.long); 99% within \(objective.threshold))"
                      next: "GET /api/v1/requests shows which component their time goes to. Culprit: {{ $culprit }}"

            """
    }
}
