import Engine
package import Rules

/// Where the rules come from, so that they can be read again.
package struct RuleSource: Sendable {
    /// What names the built-in rules among files.
    package static let builtin = "builtin"

    /// Empty means the built-in rules.
    package var files: [String]
    /// How far back rules can look, nanoseconds.
    package var maximumWindow: Int64
    /// How far back spans are kept one by one, nanoseconds.
    package var exactWindow: Int64
    /// The names of components, by number.
    package var components: [String]

    package init(files: [String], configuration: Configuration) {
        let limits = configuration.window
        self.files = files
        components = configuration.attribution.components.names
        maximumWindow = limits.reach
        exactWindow = limits.duration ?? .max
    }

    /// All groups and sinks of all files, or all problems of all files.
    package func load() throws(RuleFaults) -> RuleSet {
        var set = RuleSet()
        var faults = RuleFaults()
        for file in files.isEmpty ? [Self.builtin] : files {
            do {
                set.add(try load(file))
            } catch {
                faults.all.append(error)
            }
        }
        guard faults.all.isEmpty else { throw faults }
        return set
    }

    private func load(_ file: String) throws(RuleDiagnostics) -> RuleFile {
        file == Self.builtin
            ? try BuiltinRules.controlPlane()
            : try RuleFile(
                path: file, maximumWindow: maximumWindow, exactWindow: exactWindow, components: components)
    }
}

/// The rules and sinks in force.
package struct RuleSet: Sendable {
    package private(set) var groups: [RuleGroup] = []
    package private(set) var sinks: [SinkDefinition] = []

    package init() {}

    /// The files of headers that sinks name.
    var headersFiles: [String] {
        sinks.compactMap {
            switch $0 {
            case .stdout: nil
            case .webhook(_, let file), .alertmanager(_, let file): file
            }
        }
    }

    mutating func add(_ file: RuleFile) {
        groups += file.groups
        sinks += file.sinks
    }

    /// Where alerts go: to standard output where no file says.
    package var sinksOrDefault: [SinkDefinition] { sinks.isEmpty ? [.stdout(.text)] : sinks }
}

/// The problems of rule files, file by file.
package struct RuleFaults: Error, CustomStringConvertible {
    package var all: [RuleDiagnostics] = []

    package var description: String { all.map(\.description).joined(separator: "\n") }
}
