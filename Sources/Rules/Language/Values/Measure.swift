package import Engine

/// A value that conditions can ask of the spans or requests of a group: a row of the table of values, with arguments.
package struct Measure: Sendable {
    let definition: ValueDefinition
    /// As written in conditions, with arguments.
    let name: String
    let traits: ValueTraits

    init(_ definition: ValueDefinition, _ arguments: ValueArguments) {
        self.definition = definition
        name = definition.text(arguments)
        traits = definition.traits(arguments)
    }

    var dimension: Dimension { definition.dimension }
    /// The only population it applies to; nil for any.
    package var population: Population? { definition.population }

    /// The component that it is about; nil for none.
    var component: Component? { traits.measured.lazy.compactMap(\.component).first }

    /// Whether there is no value without spans in the rule's own window.
    var needsSpans: Bool { traits.over == nil && traits.measured == [.durations] && !definition.needsHeard }

    /// Whether it can never exceed another measure of the same spans.
    func isNeverAbove(_ other: Measure) -> Bool {
        if definition.neverAbove.contains(other.definition.name) { return true }
        guard definition.name == other.definition.name, let own = traits.quantile, let others = other.traits.quantile
        else { return false }
        return own <= others
    }
}

extension Measure: Hashable {
    package static func == (left: Measure, right: Measure) -> Bool {
        left.name == right.name && left.traits == right.traits
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension Measure {
    static let count = ValueTable.measure("count")
    static let errors = ValueTable.measure("errors")
    static let errorRatio = ValueTable.measure("error_ratio")
    static let seen = ValueTable.measure("seen")
}
