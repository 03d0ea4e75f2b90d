package import Engine
import Support

/// A value of a condition: what is measured, over the rule's window or the same window `offset` earlier.
package struct WindowValue: Hashable, Sendable {
    package var measure: Measure
    /// Nanoseconds back from the evaluation.
    package var offset: Int64
    /// The length of its own window, nanoseconds; nil for the rule's.
    package var over: Int64? { if case .burnRate(let rate) = measure { rate.over } else { nil } }

    /// Nanoseconds from the end of the earliest window that it looks at to the evaluation.
    var farthestOffset: Int64 { offset.addingSaturating(measure.definition.measured[0].ago) }

    package init(_ measure: Measure, offset: Int64 = 0) {
        self.measure = measure
        self.offset = offset
    }
}

/// A component that a condition names.
package struct RequestPart: Hashable, Sendable {
    package var name: String
    package var component: Component

    package init(name: String, component: Component) {
        self.name = name
        self.component = component
    }
}

/// The N of `pN`: above 0, at most 100, with up to six decimals.
package struct Quantile: Hashable, Sendable {
    package var percent: String
    /// In 0...1. Read from the decimal text rather than divided by 100, since 99.9 / 100 is above 0.999 in
    /// binary and the nearest rank of a thousand spans would slip by one.
    package var fraction: Double

    package init?(percent: some StringProtocol) {
        guard percent.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }), percent.count <= 10,
            percent.first?.isNumber == true, percent.last?.isNumber == true,
            let fraction = Double("\(percent)e-2"), fraction > 0, fraction <= 1
        else { return nil }
        self.percent = String(percent)
        self.fraction = fraction
    }
}
