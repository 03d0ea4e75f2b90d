import YAML
import ArgumentParser
import Daemon
import OTLP
import RuleFiles
import RuleTests
import Rules
import Support

struct TestRules: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Run rule tests: which alerts fire over given spans, and when.",
        discussion: "docs/rule-tests.md describes the files.")

    @Argument(help: ArgumentHelp("Files of tests.", valueName: "file"))
    var files: [String]

    func run() throws {
        var (passed, failed) = (0, 0)
        for file in files {
            let (tests, rules) = try load(file)
            let run = RuleTestRun(rules.groups, limits: Configuration().window)
            for test in tests.tests {
                if try check(test, of: file, run) { passed += 1 } else { failed += 1 }
            }
        }
        Console.print("\(passed) passed, \(failed) failed")
        if failed > 0 { throw ExitCode.failure }
    }

    /// Whether a test passes. Prints the differences.
    private func check(_ test: RuleTest, of file: String, _ run: RuleTestRun) throws -> Bool {
        let result = try Ending.reporting { try run.result(test) }
        for problem in result.problems {
            Console.remark("\(PrintableText.escape("\(file): \(test.name): \(problem)"))")
        }
        for difference in result.differences {
            let location = "\(PrintableText.escape(file)):\(difference.position.line):\(difference.position.column)"
            Console.print("\(location): \(PrintableText.escape(test.name)): at \(difference.time)")
            for line in difference.lines { Console.print("    \(line)") }
        }
        return result.differences.isEmpty && result.problems.isEmpty
    }

    private func load(_ file: String) throws -> (tests: RuleTestFile, rules: RuleSet) {
        try Ending.reporting {
            let loaded = try RuleTestFile.load(file)
            for warning in loaded.rules.warnings { Console.note(warning.description) }
            return loaded
        }
    }
}
