import API
import ArgumentParser
import Daemon
import Foundation
import Rules
import Scrape
import Support

/// The command line. For exit codes see `Ending`.
@main
struct Faultline: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faultline",
        abstract: "Which component makes the Kubernetes API slow? Trace analytics for the control plane.",
        version: Version.text,
        subcommands: [
            Serve.self, ReplayArchives.self, ViewArchives.self, Check.self, TestRules.self, Archive.self,
            ShowTrace.self, ShowTop.self, ExamineSources.self,
            PrintBuiltinRules.self, RulesCommand.self,
            SetUp.self, ServeAssistants.self, PrintCompletions.self, PrintMetrics.self, PrintOpenAPI.self,
            PrintVersion.self,
        ])

    static func main() async {
        var options: EnvironmentOptions?
        do {
            try checkCommand(CommandLine.arguments.dropFirst())
            let completed = try EnvironmentOptions(
                completing: Array(CommandLine.arguments.dropFirst()), ProcessInfo.processInfo.environment,
                description: _dumpHelp())
            options = completed
            var command = try parseAsRoot(completed.arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            end(with: error, options)
        }
    }

    /// Reports unknown commands. Argument Parser calls them unexpected arguments, and after `help` ignores them.
    private static func checkCommand(_ arguments: ArraySlice<String>) throws {
        let isHelp = arguments.first == "help"
        if isHelp, arguments.dropFirst().first == "help" { throw CleanExit.helpRequest(Faultline.self) }
        var command: any ParsableCommand.Type = Faultline.self
        for name in isHelp ? arguments.dropFirst() : arguments {
            let known = command.configuration.subcommands
            // What follows a command without subcommands is its own.
            if name.hasPrefix("-") || name == "help" || (known.isEmpty && !isHelp) { break }
            guard let next = known.first(where: { $0.isNamed(name) }) else {
                let names = known.filter { $0.configuration.shouldDisplay }.map { $0._commandName }
                let near = Suggestion.nearest(to: name, among: names).map { "did you mean '\($0)'? " } ?? ""
                let choice = names.isEmpty ? "it has no commands" : "commands are \(names.joined(separator: ", "))"
                throw ValidationError("no command '\(name)' of \(command._commandName); \(near)\(choice)")
            }
            command = next
        }
    }

    /// Ends the process: help goes to standard output, errors to standard error.
    /// - Parameter options: nil if they weren't read.
    private static func end(with error: any Error, _ options: EnvironmentOptions?) -> Never {
        let code = exitCode(for: error)
        let message = fullMessage(for: error)
        if code == .success {
            if !message.isEmpty { Console.print(HelpText.fitted(message, to: Console.width)) }
            Foundation.exit(0)
        }
        if !message.isEmpty {
            // The message contains arguments verbatim.
            let lines = message.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            let text = lines.map { PrintableText.visible($0) }.joined(separator: "\n")
            Console.note(HelpText.fitted(text, to: Console.width))
            if code == .validationFailure, let note = options?.note(on: lines.first ?? "") {
                Console.remark(note)
            }
        }
        // Argument Parser's own code for a wrong command line is 64.
        Foundation.exit(code == .validationFailure ? 2 : code.rawValue)
    }
}

extension ParsableCommand {
    static func isNamed(_ name: String) -> Bool { _commandName == name || configuration.aliases.contains(name) }
}

struct PrintVersion: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the version, the commit and the build.")

    func run() {
        Console.print(Version.text)
    }
}

struct PrintBuiltinRules: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "builtin-rules",
        abstract: "Print the built-in rules: a rule file to start from.")

    func run() {
        // The text ends with a newline already.
        Console.print(String(BuiltinRules.controlPlaneText.dropLast()))
    }
}

struct PrintCompletions: ParsableCommand {
    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish

        fileprivate var completions: CompletionShell {
            switch self {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        }
    }

    static let configuration = CommandConfiguration(
        commandName: "completion",
        abstract: "Print the completion script for a shell.",
        discussion: """
            bash: faultline completion bash > /etc/bash_completion.d/faultline. \
            zsh: faultline completion zsh > "${fpath[1]}/_faultline". \
            fish: faultline completion fish > ~/.config/fish/completions/faultline.fish.
            """,
        aliases: ["completions"])

    @Argument(help: "bash, zsh or fish.")
    var shell: Shell

    func run() {
        Console.print(Faultline.completionScript(for: shell.completions))
    }
}

/// Used by `make docs`, which writes docs/metrics.md.
struct PrintMetrics: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics-reference",
        abstract: "Print the reference of the scrape's metrics.",
        shouldDisplay: false)

    func run() {
        Console.print(MetricsReference(LiveScrape.families).text)
    }
}

/// Used by `make docs`, which writes docs/openapi.json.
struct PrintOpenAPI: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "openapi",
        abstract: "Print the OpenAPI description of the query API.",
        shouldDisplay: false)

    func run() throws {
        Console.print(try OpenAPI(version: Version.current).json)
    }
}
