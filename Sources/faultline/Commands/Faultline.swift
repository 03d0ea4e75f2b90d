import ArgumentParser
import Daemon
import Foundation

/// The command line. Exit codes: 0 done; 1 a fault was found; 2 the command line or a file named on it is wrong.
@main
struct Faultline: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faultline",
        abstract: "Which component makes the Kubernetes API slow? Trace analytics for the control plane.",
        version: "faultline \(Version.current)",
        subcommands: [
            Serve.self, ReplayArchives.self, Check.self, TestRules.self, Archive.self, PrintBuiltinRules.self,
            PrintVersion.self,
        ])

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            end(with: error)
        }
    }

    /// Ends the process as the error asks: help to standard output, everything else to standard error.
    private static func end(with error: any Error) -> Never {
        let code = exitCode(for: error)
        let message = fullMessage(for: error)
        if code == .success {
            if !message.isEmpty { Console.print(message) }
            Foundation.exit(0)
        }
        if !message.isEmpty { Console.note(message) }
        // Argument Parser's own code for a wrong command line is 64.
        Foundation.exit(code == .validationFailure ? 2 : code.rawValue)
    }
}

extension ExitCode {
    /// A fault was found in what was read.
    static let fault = ExitCode(1)
    /// The command line, or a file named on it, is wrong.
    static let usage = ExitCode(2)
    /// Ctrl-C, as shells have it.
    static let interrupted = ExitCode(130)
}

struct PrintVersion: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

    func run() {
        Console.print("faultline \(Version.current)")
    }
}
