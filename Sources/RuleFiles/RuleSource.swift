import Foundation
package import Engine
import Notify
import Rules
import Support
package import YAML

/// The source of the rules, for loading and reloading them. All commands read rules through it.
package struct RuleSource: Sendable {
    /// The name of the built-in rules among files.
    package static let builtin = "builtin"

    /// Empty means the built-in rules.
    package var names: [RuleFileName]
    /// How far back rules can look, nanoseconds.
    var maximumWindow: Int64
    /// How far back individual spans are kept, nanoseconds.
    var exactWindow: Int64
    /// The names of components, by number.
    var components: [String]

    /// - Parameters:
    ///   - limits: the limits of the window.
    ///   - components: the names that rules may use, by number.
    package init(
        _ names: [RuleFileName], limits: WindowLimits = WindowLimits(), components: [String] = ComponentTable().names
    ) {
        self.names = names
        self.components = components
        maximumWindow = limits.reach
        exactWindow = limits.duration ?? .max
    }

    /// All groups and sinks of all files, or all problems of all files.
    /// - Parameter sendsAlerts: whether unreadable header files are errors rather than warnings.
    package func load(sendsAlerts: Bool = true) throws(RuleErrors) -> RuleSet {
        var set = RuleSet()
        var errors = RuleErrors()
        for name in names.isEmpty ? [RuleFileName(Self.builtin)] : names {
            for file in expand(name, &errors) {
                // Loading a file twice would duplicate its alerts.
                guard !set.files.contains(file) else { continue }
                do {
                    let (rules, sinks) = try load(file, named: name)
                    errors.all += set.add(rules, sinks, from: file, sendsAlerts: sendsAlerts)
                } catch {
                    errors.all.append(error)
                }
            }
        }
        guard errors.all.isEmpty else { throw errors }
        return set
    }

    private func expand(_ name: RuleFileName, _ errors: inout RuleErrors) -> [String] {
        guard name.name.contains(where: { "*?[".contains($0) }), !FilePattern.isFile(name.name) else {
            return [name.name]
        }
        let files = FilePattern.matches(name.name)
        if files.isEmpty {
            errors.all.append(name.problem("no file matches \(PrintableText.quote(name.name, limit: 200))"))
        }
        return files
    }

    private func load(
        _ file: String, named name: RuleFileName
    ) throws(Diagnostics) -> (rules: RuleFile, sinks: [any SinkDefinition]) {
        guard file != Self.builtin else { return (try BuiltinRules.controlPlane(), []) }
        if name.location != nil, let reason = FilePattern.unreadable(file) {
            throw name.problem("the rule file \(PrintableText.quote(file, limit: 200)) can't be read: \(reason)")
        }
        var sinks: [any SinkDefinition] = []
        let rules = try RuleFile(
            path: file, maximumWindow: maximumWindow, exactWindow: exactWindow, components: components
        ) { node, diagnostics in
            sinks = AlertSinks.read(node, &diagnostics)
        }
        return (rules, sinks)
    }
}

/// A rule file named by a configuration or command line: a path, a shell pattern, or `builtin`.
package struct RuleFileName: Sendable {
    var name: String
    /// Its position in the configuration; nil on a command line.
    var location: (file: String, position: SourcePosition)?

    package init(_ name: String, location: (file: String, position: SourcePosition)? = nil) {
        self.name = name
        self.location = location
    }

    /// A problem of the name, at its position.
    func problem(_ message: String) -> Diagnostics {
        var diagnostics = Diagnostics(file: location?.file ?? name)
        diagnostics.report(location?.position ?? .start, message)
        return diagnostics
    }
}

/// The problems of rule files, file by file.
package struct RuleErrors: Error, CustomStringConvertible {
    package var all: [Diagnostics]

    package init(all: [Diagnostics] = []) {
        self.all = all
    }

    package var description: String { all.map(\.description).joined(separator: "\n") }
}

extension FilePattern {
    /// Why a file can't be read; nil if it can.
    package static func unreadable(_ path: String) -> String? {
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            try? file.close()
            return isDirectory(path) ? "it is not a regular file" : nil
        } catch {
            return RuleFile.reason(error)
        }
    }
}
