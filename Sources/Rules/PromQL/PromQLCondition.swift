import Engine
import Support

/// Why a rule can't be expressed in PromQL over the scrape.
struct PromQLError: Error, CustomStringConvertible {
    let description: String
}

/// How Prometheus stores the histograms of a scrape.
package enum StoredHistograms: String, CaseIterable, Sendable {
    case classic, native
}

/// A rule's condition in PromQL, over the metrics of Faultline's scrape. Percentiles come from buckets, so they are
/// estimates where the rule's own are exact.
struct PromQLCondition {
    private let rule: Rule
    private let histograms: StoredHistograms
    /// What every value is summed by, so that the values of a condition match one another.
    private let by: String
    private let matchers: String
    /// What the text says differently from the rule.
    private(set) var notes: [String] = []

    init(_ rule: Rule, _ services: ServiceNames, _ histograms: StoredHistograms) throws(PromQLError) {
        guard rule.condition.durations == nil else {
            throw PromQLError(description: "it is about single spans or requests, which a scrape doesn't have")
        }
        guard !rule.by.contains(OperationLabels.role) else {
            throw PromQLError(description: "it has one alert for each role, which is no label of the metrics")
        }
        guard !rule.isByInstance else {
            throw PromQLError(description: "it tells instances apart, and the metrics have no label for them")
        }
        self.rule = rule
        self.histograms = histograms
        by = (["cluster"] + rule.by.filter { $0 != "cluster" }).joined(separator: ", ")
        var matchers: [String] = []
        for match in rule.selector.matches {
            guard match.label == OperationLabels.role else {
                matchers.append("\(match.label)\(match.matcher.sign)\(Self.quoted(match.matcher.operand))")
                continue
            }
            let roles = ServiceRole.allCases.filter { match.matcher.accepts($0.rawValue) }
            guard !roles.contains(.other) else {
                throw PromQLError(description: "it selects services without a role, which have no pattern")
            }
            matchers.append("service=~\(Self.quoted(services.regex(of: roles)))")
        }
        self.matchers = matchers.joined(separator: ", ")
    }

    /// The whole condition.
    mutating func text() throws(PromQLError) -> String { try text(rule.condition.expression) }

    private mutating func text(_ expression: Expression) throws(PromQLError) -> String {
        switch expression.kind {
        case .literal(let literal): return Self.number(literal.value)
        case .value(let value): return try text(value)
        case .negative(let operand): return "-\(try nested(operand))"
        case .not(let operand): return try text(try Self.negated(operand))
        case .arithmetic(let sign, let left, let right):
            return "\(try nested(left)) \(sign.rawValue) \(try nested(right))"
        case .comparison(let sign, let left, let right):
            guard !left.values.isEmpty || !right.values.isEmpty else {
                throw PromQLError(description: "it compares two constants")
            }
            return "\(try nested(left)) \(sign.rawValue) \(try nested(right))"
        case .logic(let word, let left, let right):
            return "\(try nested(left)) \(word.rawValue) \(try nested(right))"
        }
    }

    private mutating func nested(_ expression: Expression) throws(PromQLError) -> String {
        switch expression.kind {
        case .literal: return try text(expression)
        case .value, .negative, .not, .arithmetic, .comparison, .logic: return "(\(try text(expression)))"
        }
    }

    /// The opposite of a condition. PromQL has no `not`: a comparison keeps what it holds for.
    private static func negated(_ expression: Expression) throws(PromQLError) -> Expression {
        switch expression.kind {
        case .not(let operand): return operand
        case .comparison(let sign, let left, let right):
            let opposite: [ComparisonOperator: ComparisonOperator] = [
                .greater: .lessOrEqual, .greaterOrEqual: .less, .less: .greaterOrEqual, .lessOrEqual: .greater,
                .equal: .notEqual, .notEqual: .equal,
            ]
            return Expression(.comparison(opposite[sign] ?? sign, left, right))
        case .logic(let word, let left, let right):
            return Expression(.logic(word == .and ? .or : .and, try negated(left), try negated(right)))
        case .literal, .value, .negative, .arithmetic:
            throw PromQLError(description: "\"not \(expression.description)\" has no counterpart in PromQL")
        }
    }

    // MARK: Values

    private mutating func text(_ value: WindowValue) throws(PromQLError) -> String {
        let traits = value.measure.traits
        let series = Series(self, value)
        switch traits.computation {
        case .quantile: return "histogram_quantile(\(Self.number(traits.quantile ?? 0)), \(series.buckets))"
        case .mean: return "\(series.sum) / \(series.count("rate"))"
        case .count: return series.count("increase")
        case .rate: return series.count("rate")
        case .errors: return series.errors("increase")
        case .errorRatio: return "\(series.errors("rate")) / \(series.count("rate"))"
        case .burnRate(let budget): return try burnRate(series, traits.threshold ?? 0, budget)
        case .share: return "\(try series.part(of: traits)) / \(series.sum)"
        case .time: return "\(try series.part(of: traits)) / \(series.count("rate"))"
        case .max, .seen, .slowdown, .growth, .none:
            throw PromQLError(description: "\(value.measure.name) has no counterpart in PromQL")
        }
    }

    /// No one sets a threshold beyond the last bound, so only errors count there.
    private mutating func burnRate(_ series: Series, _ threshold: Int64, _ budget: Double) throws(PromQLError) -> String
    {
        let bounds = ClassicBuckets.shared.bounds
        let (count, errors) = (series.count("rate"), series.errors("rate"))
        if threshold > bounds[bounds.count - 1] { return "\(errors) / \(count) / \(Self.number(budget))" }
        guard histograms == .native || bounds.contains(threshold) else {
            throw PromQLError(
                description: "burn_rate needs a threshold that is a bucket's bound, such as 150ms, 1s, 5s or 30s")
        }
        notes.append("burn_rate counts what is both failed and slow twice")
        let good = series.count(upTo: Self.number(Double(threshold) / 1e9))
        return "(\(count) - \(good) + \(errors)) / \(count) / \(Self.number(budget))"
    }

    /// The metrics that a value is taken from.
    private struct Series {
        private let name: String
        private let histogram: String
        private let isNative: Bool
        private let matchers: String
        private let window: String
        private let by: String

        init(_ condition: PromQLCondition, _ value: WindowValue) {
            let isOfRequests = condition.rule.selector.population == .requests
            name = isOfRequests ? "faultline_request" : "faultline_operation"
            let isSelf = value.measure.traits.measured.first == .selfTimes
            histogram = name + (isSelf ? "_self_duration_seconds" : "_duration_seconds")
            isNative = condition.histograms == .native
            matchers = condition.matchers
            let offset = value.offset > 0 ? " offset \(DurationText.format(value.offset))" : ""
            window = "[\(DurationText.format(value.over ?? condition.rule.over))]\(offset)"
            by = condition.by
        }

        /// The argument of `histogram_quantile`.
        var buckets: String {
            isNative
                ? sum("rate", of: histogram, [], by: by) : sum("rate", of: histogram + "_bucket", [], by: "\(by), le")
        }

        /// How long all took in a second.
        var sum: String {
            isNative
                ? "histogram_sum(\(sum("rate", of: histogram, [], by: by)))"
                : sum("rate", of: histogram + "_sum", [], by: by)
        }

        func count(_ function: String) -> String {
            isNative
                ? "histogram_count(\(sum(function, of: histogram, [], by: by)))"
                : sum(function, of: histogram + "_count", [], by: by)
        }

        /// How many took no longer than some seconds.
        func count(upTo seconds: String) -> String {
            isNative
                ? "histogram_fraction(0, \(seconds), \(buckets)) * \(count("rate"))"
                : sum("rate", of: histogram + "_bucket", ["le=\(quoted(seconds))"], by: by)
        }

        func errors(_ function: String) -> String { sum(function, of: "\(name)_errors_total", [], by: by) }

        /// The time of a component a second.
        func part(of traits: ValueTraits) throws(PromQLError) -> String {
            guard case .part(let component)? = traits.measured.first,
                Component.builtinNames.indices.contains(Int(component.number))
            else { throw PromQLError(description: "it is about a component of the configuration") }
            let label = "component=\(quoted(Component.builtinNames[Int(component.number)]))"
            return sum("rate", of: "\(name)_component_seconds_total", [label], by: by)
        }

        private func sum(_ function: String, of metric: String, _ more: [String], by: String) -> String {
            let all = ([matchers] + more).filter { !$0.isEmpty }.joined(separator: ", ")
            return "sum by (\(by)) (\(function)(\(metric){\(all)}\(window)))"
        }
    }

    private static func quoted(_ text: String) -> String {
        "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n"))\""
    }

    private static func number(_ value: Double) -> String { HumanNumber.plain(value) }
}
