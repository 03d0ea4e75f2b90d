import Foundation
import Engine
package import Notify
package import Rules
import Support
package import YAML

/// The rules and sinks in force.
package struct RuleSet: Sendable {
    package private(set) var groups: [RuleGroup] = []
    private(set) var sinks: [any SinkDefinition] = []
    /// The loaded files, in order.
    package private(set) var files: [String] = []
    package private(set) var warnings: [Diagnostic] = []
    private var firstRules: [AlertIdentity: String] = [:]

    package init() {}

    /// The files that sinks name.
    package var sinkFiles: [String] { sinks.flatMap(\.files) }

    /// Adds a rule file. Returns its conflicts with earlier files, and problems of the files that it names.
    mutating func add(
        _ rules: RuleFile, _ sinks: [any SinkDefinition], from file: String, sendsAlerts: Bool
    ) -> [Diagnostics] {
        var diagnostics = Diagnostics(file: file == RuleSource.builtin ? BuiltinRules.file : file)
        for occurrence: AlertIdentity.Occurrence in rules.identities {
            if let first = firstRules[occurrence.identity] {
                diagnostics.report(occurrence.position, occurrence.identity.problemWithSecond(first: first))
            } else {
                firstRules[occurrence.identity] =
                    "the rule at \(PrintableText.escape(diagnostics.file)):\(occurrence.position.line)"
            }
        }
        for (position, message) in sinks.flatMap({ $0.problemsOfFiles() }) {
            if sendsAlerts { diagnostics.report(position, message) } else { diagnostics.warn(position, message) }
        }
        groups += rules.groups
        self.sinks += sinks
        files.append(file)
        warnings += rules.warnings + diagnostics.warnings
        return diagnostics.isEmpty ? [] : [diagnostics]
    }

    /// The sinks of the files, or standard output if there are none.
    package var sinksOrDefault: [any SinkDefinition] { sinks.isEmpty ? [AlertSinks.standard] : sinks }
}
