package import Rules

/// What a file of rule tests says: the rules, and what they have to find in given spans.
package struct RuleTestFile: Sendable {
    /// As written; none means the built-in rules.
    package var ruleFiles: [String] = []
    package var tests: [RuleTest] = []
}

package struct RuleTest: Sendable {
    package var name: String
    package var input: Input
    /// The alerts whose names are compared; nil for all.
    package var alerts: Set<String>?
    package var expectations: [Expectation]

    package enum Input: Sendable {
        /// A path, as seen from the working directory.
        case archive(String)
        case operations([SyntheticOperation])
    }

    /// What holds at one moment.
    package struct Expectation: Sendable {
        package var position: SourcePosition
        /// Unix nanoseconds, or nanoseconds from the test's start.
        package var time: Time
        package var alerts: [ExpectedAlert]
    }

    package enum Time: Hashable, Sendable, CustomStringConvertible {
        case absolute(Int64)
        case sinceStart(Int64)

        package var description: String {
            switch self {
            case .absolute(let time): Timestamp.rfc3339(time)
            case .sinceStart(let time): DurationText.format(time)
            }
        }
    }
}

package struct ExpectedAlert: Sendable {
    package var alert: String
    package var state: ExpectedState
    /// All labels; nil for any.
    package var labels: [String: String]?
    /// Those that have to be so; there may be more.
    package var annotations: [String: String]
    /// nil for anyone, as always of a pending alert.
    package var culprit: ExpectedCulprit?
}

package enum ExpectedState: String, CaseIterable, Sendable {
    case firing
    case pending
}
