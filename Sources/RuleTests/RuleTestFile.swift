import Archive
import Engine
import Replay
package import RuleFiles
import Rules
import Support

/// What a file of rule tests says: the rules, and what they have to find in given spans.
package struct RuleTestFile: Sendable {
    /// As written; none means the built-in rules.
    var ruleFiles: [RuleFileName] = []
    /// Recorded spans that tests are over.
    var archives: [FileReference] = []
    package var tests: [RuleTest] = []
}

extension RuleTestFile {
    /// Reads a file of tests and the rules they are about; throws all their problems.
    package static func load(_ path: String) throws(RuleErrors) -> (tests: RuleTestFile, rules: RuleSet) {
        let file: RuleTestFile
        do {
            file = try RuleTestFile(try RuleFile.contents(of: path), file: path)
        } catch {
            throw RuleErrors(all: [error])
        }
        var faults = RuleErrors()
        var diagnostics = RuleDiagnostics(file: path)
        for archive in file.archives {
            if let fault = Self.fault(of: archive.path) { diagnostics.report(archive.position, fault) }
        }
        if !diagnostics.isEmpty { faults.all.append(diagnostics) }
        do {
            let rules = try RuleSource(file.ruleFiles)
                .load(sendsAlerts: false)
            if faults.all.isEmpty { return (file, rules) }
        } catch {
            faults.all += error.all
        }
        throw faults
    }

    /// Why an archive can't be read, as far as that can be told without reading it.
    private static func fault(of archive: String) -> String? {
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
    /// The alerts whose names are compared; nil for all.
    var alerts: Set<String>?
    var expectations: [Expectation]

    enum Input: Sendable {
        /// A path, as seen from the working directory.
        case archive(String)
        case operations([SyntheticOperation])
    }

    /// What holds at one moment.
    struct Expectation: Sendable {
        var position: SourcePosition
        /// Unix nanoseconds, or nanoseconds from the test's start.
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
    /// Those that have to be so; there may be more.
    var annotations: [String: String]
    /// nil for anyone, as always of a pending alert.
    var culprit: ExpectedCulprit?
}

enum ExpectedState: String, CaseIterable, Sendable {
    case firing
    case pending
}

/// Whom an alert has to accuse: only what is given is compared.
struct ExpectedCulprit: Equatable, Sendable {
    var side: Side?
    var component: Component?
    /// Not clear goes without a side and a component.
    var certainty: Verdict.Certainty?

    init(side: Side? = nil, component: Component? = nil, certainty: Verdict.Certainty? = nil) {
        self.side = side
        self.component = component
        self.certainty = certainty
    }

    /// - Parameter found: nil where nothing is known of whose time it was.
    func isMet(by found: AlertEvidence.Culprit?) -> Bool {
        (side == nil || found?.side == side?.rawValue)
            && (component == nil || found?.component == component?.name)
            && (certainty == nil || certainty == found?.certainty ?? .notClear)
    }

    /// As a file of tests has it.
    var text: String {
        AlertEvidence.Culprit.text(side: side?.rawValue, component: component?.name, certainty: certainty)
    }
}

extension AlertEvidence.Culprit {
    /// What a test would have to expect.
    var expectation: String { Self.text(side: side, component: component, certainty: certainty) }

    fileprivate static func text(side: String?, component: String?, certainty: Verdict.Certainty?) -> String {
        if certainty == .notClear { return Verdict.Certainty.notClear.rawValue }
        let fields = [("side", side), ("component", component), ("certainty", certainty?.rawValue)]
        let given = fields.compactMap { name, value in value.map { "\(name): \($0)" } }
        return "{\(given.joined(separator: ", "))}"
    }
}

extension Component {
    /// Of a built-in one: tests of rules know no other.
    var name: String { Self.builtinNames[Int(number)] }
}
