import ArgumentParser
import Rules

struct PrintBuiltinRules: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "builtin-rules",
        abstract: "Print the built-in rules: a rule file to start from.")

    func run() {
        // The file ends its last line itself.
        Console.print(String(BuiltinRules.controlPlaneText.dropLast()))
    }
}
