import Archive
import Engine
import Replay
package import RuleFiles
import Rules
import Support
import YAML

/// The contents of a file of rule tests: the rules, and what they must find in given spans.
package struct RuleTestFile: Sendable {
    /// As written; empty for the built-in rules.
    var ruleFiles: [RuleFileName] = []
    /// The archives that tests read.
    var archives: [FileReference] = []
    package var tests: [RuleTest] = []
}

extension RuleTestFile {
    /// Reads a file of tests and the rules that it tests; throws all their problems.
    package static func load(_ path: String) throws(RuleErrors) -> (tests: RuleTestFile, rules: RuleSet) {
        let file: RuleTestFile
        do {
            file = try RuleTestFile(try RuleFile.contents(of: path), file: path)
        } catch {
            throw RuleErrors(all: [error])
        }
        var errors = RuleErrors()
        var diagnostics = Diagnostics(file: path)
        for archive in file.archives {
            if let problem = Self.problem(of: archive.path) { diagnostics.report(archive.position, problem) }
        }
        if !diagnostics.isEmpty { errors.all.append(diagnostics) }
        do {
            let rules = try RuleSource(file.ruleFiles)
                .load(sendsAlerts: false)
            if errors.all.isEmpty { return (file, rules) }
        } catch {
            errors.all += error.all
        }
        throw errors
    }

    /// Why an archive can't be read, as far as that is known without reading it.
    private static func problem(of archive: String) -> String? {
        do throws(ArchiveError) {
            for file in try ArchiveNames([archive]).all {
                guard let reason = FilePattern.unreadable(file) else { continue }
                return "the archive \(PrintableText.quote(file, limit: 200)) can't be read: \(reason)"
            }
            return nil
        } catch {
            return "archive: \(PrintableText.escape(error.description))"
        }
    }
}

package struct RuleTest: Sendable {
    package var name: String
    var input: Input
    /// The names of the alerts to compare; nil for all.
    var alerts: Set<String>?
    var expectations: [Expectation]

    enum Input: Sendable {
        /// A path, absolute or relative to the working directory.
        case archive(String)
        case operations([SyntheticOperation])
    }

    /// The alerts expected at one moment.
    struct Expectation: Sendable {
        var position: SourcePosition
        /// In Unix nanoseconds, or in nanoseconds from the test's start.
        var time: Time
        var alerts: [ExpectedAlert]
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

struct ExpectedAlert: Sendable {
    var alert: String
    var state: ExpectedState
    /// All labels; nil for any.
    var labels: [String: String]?
    /// The annotations that the alert must have; it may have more.
    var annotations: [String: String]
    /// nil for any; always nil for a pending alert.
    var culprit: ExpectedCulprit?
}

enum ExpectedState: String, CaseIterable, Sendable {
    case firing
    case pending
}

/// The culprit that an alert must name. Only what is given is compared.
struct ExpectedCulprit: Equatable, Sendable {
    var side: Side?
    var component: Component?
    /// If not clear, there is neither side nor component.
    var certainty: Verdict.Certainty?

    init(side: Side? = nil, component: Component? = nil, certainty: Verdict.Certainty? = nil) {
        self.side = side
        self.component = component
        self.certainty = certainty
    }

    /// - Parameter found: nil if there is no attribution.
    func isMet(by found: AlertEvidence.Culprit?) -> Bool {
        (side == nil || found?.side == side?.rawValue)
            && (component == nil || found?.component == component?.name)
            && (certainty == nil || certainty == found?.certainty ?? .notClear)
    }

    /// As written in a file of tests.
    var text: String {
        AlertEvidence.Culprit.text(side: side?.rawValue, component: component?.name, certainty: certainty)
    }
}

extension AlertEvidence.Culprit {
    /// The culprit as a test would expect it.
    var expectation: String { Self.text(side: side, component: component, certainty: certainty) }

    fileprivate static func text(side: String?, component: String?, certainty: Verdict.Certainty?) -> String {
        if certainty == .notClear { return Verdict.Certainty.notClear.rawValue }
        let fields = [("side", side), ("component", component), ("certainty", certainty?.rawValue)]
        let given = fields.compactMap { name, value in value.map { "\(name): \($0)" } }
        return "{\(given.joined(separator: ", "))}"
    }
}

extension Component {
    /// Only for built-in components: rule tests have no others.
    var name: String { Self.builtinNames[Int(number)] }
}
