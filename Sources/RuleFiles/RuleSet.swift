import Foundation
import Engine
import Notify
package import Rules
import Support

/// The rules and sinks in force.
package struct RuleSet: Sendable {
    package private(set) var groups: [RuleGroup] = []
    package private(set) var sinks: [SinkDefinition] = []
    /// The loaded files, in order.
    package private(set) var files: [String] = []
    package private(set) var warnings: [RuleDiagnostic] = []
    private var firstPlaces: [AlertIdentity: String] = [:]

    package init() {}

    /// The header files of sinks.
    package var headersFiles: [String] {
        sinks.compactMap {
            switch $0 {
            case .stdout: nil
            case .webhook(_, let file), .alertmanager(_, let file): file
            }
        }
    }

    /// Adds a rule file. Returns its conflicts with earlier files, and problems of the files that it names.
    mutating func add(
        _ rules: RuleFile, from file: String, sendsAlerts: Bool
    ) -> [RuleDiagnostics] {
        var diagnostics = RuleDiagnostics(file: file == RuleSource.builtin ? BuiltinRules.file : file)
        for place in rules.identities {
            if let first = firstPlaces[place.identity] {
                diagnostics.report(place.position, place.identity.faultOfSecond(first: first))
            } else {
                firstPlaces[place.identity] =
                    "the rule at \(PrintableText.escape(diagnostics.file)):\(place.position.line)"
            }
        }
        for reference in rules.headersFiles {
            do {
                _ = try WebhookHeaders(path: reference.path)
            } catch {
                if sendsAlerts {
                    diagnostics.report(reference.position, "headers_file: \(error)")
                } else {
                    diagnostics.warn(reference.position, "headers_file: \(error)")
                }
            }
        }
        groups += rules.groups
        sinks += rules.sinks
        files.append(file)
        warnings += rules.warnings + diagnostics.warnings
        return diagnostics.isEmpty ? [] : [diagnostics]
    }

    /// The sinks of the files, or standard output if there are none.
    package var sinksOrDefault: [SinkDefinition] { sinks.isEmpty ? [.stdout(.text)] : sinks }
}
