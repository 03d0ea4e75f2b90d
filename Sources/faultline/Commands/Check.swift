import ArgumentParser
import Daemon
import RuleFiles
import RuleTests
import Rules
import Support
import YAML

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Report every problem of rule files, rule tests and configurations as file:line:column: message.",
        discussion: """
            Also checks the files that these name: rules, headers, archives of tests. "builtin" stands for the built-in \
            rules. A configuration applies to the rule files named after it. Warnings alone are not an error.
            """)

    @Argument(help: ArgumentHelp("Files to check.", valueName: "file"))
    var files: [String]

    func run() throws {
        var configuration = Configuration()
        var found: [Diagnostic] = []
        var hasErrors = false
        for file in files {
            do {
                found += try warnings(of: file, &configuration)
            } catch let errors as RuleErrors {
                hasErrors = true
                found += errors.all.flatMap(\.all)
            }
        }
        // A rule file named next to its configuration is read twice, perhaps by another path.
        var printed: Set<Diagnostic> = []
        for problem in found where printed.insert(Self.resolved(problem)).inserted {
            Console.print(shown(problem.description))
        }
        if hasErrors { throw ExitCode.failure }
    }

    /// The same problem, however its file was named.
    private static func resolved(_ problem: Diagnostic) -> Diagnostic {
        var resolved = problem
        resolved.file = FilePath.resolved(problem.file) ?? problem.file
        return resolved
    }

    /// A problem for people on a terminal. Editors and scripts get each on one line.
    private func shown(_ line: String) -> String {
        guard Console.isOutputTerminal else { return line }
        return line.wrapped(Console.tableWidth, hanging: 4).joined(separator: "\n")
    }

    /// Reads a file as the other commands do.
    /// - Throws: its problems, or the usage exit code if it can't be read.
    private func warnings(of file: String, _ configuration: inout Configuration) throws -> [Diagnostic] {
        guard file != RuleSource.builtin else {
            return try RuleSource([RuleFileName(file)], configuration: configuration).load().warnings
        }
        let contents = try Ending.reporting { try RuleFile.contents(of: file) }
        if Configuration.isConfiguration(contents) {
            if let read = try? Configuration(contents, file: file) { configuration = read }
            let settings = try Settings(config: file, ruleFiles: [])
            return settings.configuration.warnings(container: ContainerMemory.limit())
                + settings.configuration.certificateWarnings + settings.rules.warnings
        }
        if Configuration.isEmpty(contents) {
            var diagnostics = Diagnostics(file: file)
            diagnostics.warn(
                .start,
                "the file is empty: a configuration with every default; rules belong under \"groups\"")
            return diagnostics.warnings
        }
        if RuleTestFile.isRuleTests(contents) { return try RuleTestFile.load(file).rules.warnings }
        return try RuleSource([RuleFileName(file)], configuration: configuration).load().warnings
    }
}
