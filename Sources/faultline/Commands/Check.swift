import ArgumentParser
import Daemon
import Engine
import Rules

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check rule files, their tests and configuration files: every problem as file:line:column: message.")

    @Argument(help: ArgumentHelp("Files to check.", valueName: "file"))
    var files: [String]

    func run() throws {
        let limits = Configuration().window
        var components = Component.builtinNames
        var isFaulty = false
        for file in files {
            let contents = try readable(file)
            do {
                if Configuration.isConfiguration(contents) {
                    components = try Configuration(contents, file: file).attribution.components.names
                } else if RuleTestFile.isRuleTests(contents) {
                    _ = try RuleTestFile(contents, file: file)
                } else {
                    _ = try RuleFile(
                        contents, file: file, maximumWindow: limits.reach, exactWindow: limits.duration ?? .max,
                        components: components)
                }
            } catch {
                isFaulty = true
                Console.print(error.description)
            }
        }
        if isFaulty { throw ExitCode.fault }
    }

    /// - Throws: the code for a wrong command line where there is no such file.
    private func readable(_ file: String) throws -> [UInt8] {
        do {
            return try RuleFile.contents(of: file)
        } catch {
            Console.note(error.description)
            throw ExitCode.usage
        }
    }
}
