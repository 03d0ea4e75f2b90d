import Engine

/// A row of the table of values: something that conditions can ask of the spans or requests of a group.
struct ValueDefinition: Sendable {
    /// How a value is written.
    enum Form: Sendable {
        case word
        /// The name and a percentile in one word, as in `p99`. The examples are for messages and documents.
        case percentile(examples: [String])
        case function([ValueParameter], example: String)
    }

    /// As written in conditions, without arguments: the `p` of `pN`.
    let name: String
    let dimension: Dimension
    /// What it is, for docs/rules.md.
    let meaning: String
    let form: Form
    /// The only population it applies to; nil for any.
    let population: Population?
    /// Whether it is of a single span or request, so only for rules with `match`.
    let isOfSingleSpan: Bool
    let needsMax: Bool
    /// Whether it depends on other groups having spans.
    let needsHeard: Bool
    let isAboutErrors: Bool
    let isWhole: Bool
    /// Whether the values of different arguments are shares of one whole, and add up to at most 1.
    let isShare: Bool
    /// The names of values that it never exceeds, of the same spans or requests.
    let neverAbove: Set<String>
    /// What depends on the arguments.
    let traits: @Sendable (ValueArguments) -> ValueTraits

    init(
        _ name: String, _ dimension: Dimension, _ meaning: String, form: Form = .word,
        population: Population? = nil, isOfSingleSpan: Bool = false, needsMax: Bool = false, needsHeard: Bool = false,
        isAboutErrors: Bool = false, isWhole: Bool = false, isShare: Bool = false, neverAbove: Set<String> = [],
        traits: @escaping @Sendable (ValueArguments) -> ValueTraits
    ) {
        self.name = name
        self.dimension = dimension
        self.meaning = meaning
        self.form = form
        self.population = population
        self.isOfSingleSpan = isOfSingleSpan
        self.needsMax = needsMax
        self.needsHeard = needsHeard
        self.isAboutErrors = isAboutErrors
        self.isWhole = isWhole
        self.isShare = isShare
        self.neverAbove = neverAbove
        self.traits = traits
    }
}

/// What a value takes: how it is computed, from what, and what its possible results are.
struct ValueTraits: Hashable, Sendable {
    let computation: ValueComputation
    /// The durations to measure for it, main ones first; they come with count, errors and sum.
    let measured: [Measured]
    /// The quantile of these durations, 0...1.
    let quantile: Double?
    /// The duration, nanoseconds, beyond which a span counts as bad.
    let threshold: Int64?
    /// The length of its own window, in nanoseconds; nil for the rule's.
    let over: Int64?
    /// Its possible values. Without spans there is no value, except for `seen`.
    let range: LawfulRange

    init(
        _ computation: ValueComputation, measured: [Measured] = [.durations], quantile: Double? = nil,
        threshold: Int64? = nil, over: Int64? = nil, range: LawfulRange = LawfulRange(low: 0, high: .infinity)
    ) {
        self.computation = computation
        self.measured = measured
        self.quantile = quantile
        self.threshold = threshold
        self.over = over
        self.range = range
    }
}

// MARK: - In words

extension ValueDefinition {
    /// With the names of its arguments, as in `burn_rate(objective, threshold, over)`.
    var signature: String {
        switch form {
        case .word: name
        case .percentile: name + "N"
        case .function(let parameters, _): "\(name)(\(parameters.map(\.name).joined(separator: ", ")))"
        }
    }

    /// As a condition may have it.
    var example: String {
        switch form {
        case .word: name
        case .percentile: name + "50"
        case .function(_, let example): example
        }
    }

    /// Percentiles that stand for all of them.
    var examples: [String] { if case .percentile(let examples) = form { examples } else { [] } }

    /// With arguments, as written in conditions.
    func text(_ arguments: ValueArguments) -> String {
        switch form {
        case .word: name
        case .percentile: name + arguments.percentile(0).percent
        case .function: "\(name)(\(arguments.all.map(\.description).joined(separator: ", ")))"
        }
    }

    /// Its row in docs/rules.md.
    var documentation: String {
        let names = examples.map { "`\($0)`, " }.joined() + (examples.isEmpty ? "" : "any ")
        let scope =
            switch population {
            case .spans, .selfTimes: "; over spans"
            case .requests, .parts: "; over requests"
            case nil: isOfSingleSpan ? "; only with `match`" : ""
            }
        return "| \(names)`\(signature)` | \(dimension) | \(meaning)\(scope) |"
    }
}
