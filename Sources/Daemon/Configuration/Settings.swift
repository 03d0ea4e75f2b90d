import Engine
import Pipeline
package import RuleFiles
import Rules
import Support

/// A configuration with the rules that it or a command line names: read the same way by every command.
package struct Settings: Sendable {
    package var configuration: Configuration
    package var source: RuleSource
    package var rules: RuleSet

    /// Reads the files, and what they name; throws all their problems.
    /// - Parameters:
    ///   - ruleFiles: of the command line, instead of the configuration's.
    ///   - sendsAlerts: whether files of headers have to be there.
    package init(config: String?, ruleFiles: [String], sendsAlerts: Bool = true) throws(RuleErrors) {
        var faults = RuleErrors()
        configuration = Configuration()
        if let config {
            do {
                configuration = try Configuration(path: config)
            } catch {
                throw RuleErrors(all: [error])
            }
            faults.all += configuration.faultsOfDirectories(in: config)
        }
        let names = ruleFiles.isEmpty ? configuration.ruleFiles : ruleFiles.map { RuleFileName($0) }
        source = RuleSource(names, configuration: configuration)
        rules = RuleSet()
        do {
            rules = try source.load(sendsAlerts: sendsAlerts)
        } catch {
            faults.all += error.all
        }
        guard faults.all.isEmpty else { throw faults }
    }
}

extension RuleSource {
    /// Rules for the window and the components of a configuration.
    package init(_ names: [RuleFileName], configuration: Configuration) {
        self.init(
            names, limits: configuration.window, components: configuration.attribution.components.names)
    }
}

extension Configuration {
    fileprivate func faultsOfDirectories(in file: String) -> [RuleDiagnostics] {
        var diagnostics = RuleDiagnostics(file: file)
        // One that doesn't exist yet is made at the start.
        for directory in directories {
            guard let fault = DirectoryPath(directory.path).fault else { continue }
            diagnostics.report(directory.position, "directory: \(fault)")
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
