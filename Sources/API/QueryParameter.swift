import Engine
import Support

/// A parameter of a resource, in the query or in the path.
struct QueryParameter: Sendable {
    let name: String
    /// What it must be, for the reply to a wrong one.
    let rule: String
    let isValid: @Sendable (_ text: String) -> Bool

    init(_ name: String, _ rule: String, isValid: @escaping @Sendable (_ text: String) -> Bool) {
        self.name = name
        self.rule = rule
        self.isValid = isValid
    }
}

// The parameters that resources share, each next to its value.

extension QueryParameter {
    private static let limitMax = 100_000

    static let limit = QueryParameter("limit", "limit must be a number from 1 to \(limitMax)") {
        Int($0).map { (1...limitMax).contains($0) } ?? false
    }
}

extension Query {
    /// The maximum number of rows.
    var limit: Int { self[.limit].flatMap { Int($0) } ?? .max }
}

extension QueryParameter {
    static let cluster = QueryParameter("cluster", "cluster must be the name of a cluster") { !$0.isEmpty }
}

extension Query {
    /// Whether rows of a cluster are wanted; nil or empty for rows of spans that name none.
    func includes(cluster: String?) -> Bool { self[.cluster].map { $0 == cluster ?? "" } ?? true }
}

extension QueryParameter {
    static let service = QueryParameter("service", "service must be the name of a service") { _ in true }
}

extension Query {
    /// nil for all services.
    var service: String? { self[.service] }
}

// MARK: Kinds of request

extension QueryParameter {
    /// The labels of requests.
    static let requestLabels = RequestLabels.names.map { name in
        switch name {
        case "verb":
            QueryParameter(name, "verb must be in lower case, such as list") { $0 == $0.lowercased() }
        case "scope":
            QueryParameter(name, "scope must be resource, namespace, cluster or empty") { text in
                RequestScope.allCases.contains { $0.name == text }
            }
        default: QueryParameter(name, "\(name) is a \(name) of requests") { _ in true }
        }
    }
}

extension Query {
    /// Whether requests of a kind are asked for.
    func includes(_ labels: RequestLabels) -> Bool {
        includes(cluster: labels.cluster)
            && QueryParameter.requestLabels.allSatisfy { parameter in
                self[parameter].map { $0 == labels[parameter.name] } ?? true
            }
    }
}

// Questions whose answer is a row of steps.

extension QueryParameter {
    private static let longest: Int64 = 86_400_000_000_000

    static let step = QueryParameter("step", "step must be a duration from 1s to 1d, such as 15s") {
        DurationText.parse($0).map { (1_000_000_000...longest).contains($0) } ?? false
    }
}

extension Query {
    private static let stepsMax: Int64 = 1_500
    /// What a chart can show; if no step is given, there are at most this many.
    private static let stepsUsual: Int64 = 240
    private static let usualSteps: [Int64] = [5, 15, 30, 60, 300, 900, 3_600, 21_600, 86_400].map { $0 * 1_000_000_000 }

    /// The steps over the range.
    ///
    /// - Parameter view: where the range begins if that was left open.
    func steps(of view: WindowView) throws(QueryError) -> StepGrid {
        let range = range.resolved(oldest: view.slots.first?.start)
        let length = max(range.upperBound - range.lowerBound, 0)
        let usual = Self.usualSteps.first { length / $0 <= Self.stepsUsual }
        let step = self[.step].flatMap { DurationText.parse($0) } ?? usual ?? Self.usualSteps[8]
        guard length / step <= Self.stepsMax else {
            let least = Self.usualSteps.first { length / $0 <= Self.stepsMax } ?? Self.usualSteps[8]
            throw QueryError(
                message:
                    "step=\(DurationText.format(step)) makes \(length / step) steps of this range, but there may be "
                    + "\(Self.stepsMax) at most; take a step of \(DurationText.format(least)) or a shorter range")
        }
        return StepGrid(range, step: step)
    }
}
