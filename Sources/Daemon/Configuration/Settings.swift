import Engine
import Pipeline
package import RuleFiles
import Rules
import Support
import YAML

/// A configuration together with its rules. Every command reads both through this type.
package struct Settings: Sendable {
    package var configuration: Configuration
    package var source: RuleSource
    package var rules: RuleSet

    /// Reads the files and everything they name. Throws all problems.
    /// - Parameters:
    ///   - ruleFiles: from the command line; they replace the configuration's.
    ///   - sendsAlerts: whether files of headers, certificates and tokens must exist.
    package init(config: String?, ruleFiles: [String], sendsAlerts: Bool = true) throws(RuleErrors) {
        var errors = RuleErrors()
        configuration = Configuration()
        if let config {
            do {
                configuration = try Configuration(path: config)
            } catch {
                throw RuleErrors(all: [error])
            }
            errors.all += configuration.problemsWithDirectories(in: config)
            if sendsAlerts { errors.all += configuration.problemsWithCredentials(in: config) }
        }
        let names = ruleFiles.isEmpty ? configuration.ruleFiles : ruleFiles.map { RuleFileName($0) }
        source = RuleSource(names, configuration: configuration)
        rules = RuleSet()
        do {
            rules = try source.load(sendsAlerts: sendsAlerts)
        } catch {
            errors.all += error.all
        }
        guard errors.all.isEmpty else { throw errors }
    }
}

extension RuleSource {
    /// Rules for a configuration's window and components.
    package init(_ names: [RuleFileName], configuration: Configuration) {
        self.init(
            names, limits: configuration.window, components: configuration.attribution.components.names)
    }
}

extension Configuration {
    fileprivate func problemsWithDirectories(in file: String) -> [Diagnostics] {
        var diagnostics = Diagnostics(file: file)
        // A directory that doesn't exist yet is created at the start.
        for directory in directories {
            guard let problem = DirectoryPath(directory.path).problem else { continue }
            diagnostics.report(directory.position, "directory: \(problem)")
        }
        if directories.count == 2, DirectoryPath(directories[0].path) == DirectoryPath(directories[1].path) {
            diagnostics.report(
                directories[1].position,
                "archive and state have the same directory \(PrintableText.quote(directories[1].path, limit: 200)): "
                    + "each needs one of its own")
        }
        return diagnostics.isEmpty ? [] : [diagnostics]
    }
}
