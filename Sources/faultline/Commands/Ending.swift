import Archive
import ArgumentParser
import Daemon
import Foundation
import Notify
import Replay
import RuleFiles
import Rules
import Setup
import Support
import YAML

extension ExitCode {
    /// The input has an error, or something other than the command line failed.
    static let failure = ExitCode(1)
    /// The command line, or a file named on it, is wrong: the same command would fail again.
    static let usage = ExitCode(2)
    /// Ctrl-C, as in shells.
    static let interrupted = ExitCode(130)

    /// The exit code for an error: the one table for all commands.
    init(_ error: any Error) {
        switch error {
        case let error as ArchiveError: self = error.kind == .unreadable ? .usage : .failure
        case is Diagnostics, is RuleErrors, is WebhookHeaders.FormatError, is StartError, is OutputError,
            is SetupError:
            self = .usage
        case is ConversionError: self = .usage
        default: self = .failure
        }
    }
}

/// How a command ends after an error.
enum Ending {
    /// Runs a body. If it fails, prints why and throws the exit code.
    static func reporting<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let code as ExitCode {
            throw code
        } catch {
            throw report(error)
        }
    }

    static func reporting<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let code as ExitCode {
            throw code
        } catch {
            throw report(error)
        }
    }

    /// Problems in files begin with their position, as editors expect, and without the program's name.
    private static func report(_ error: any Error) -> ExitCode {
        let isPlaced = error is Diagnostics || error is RuleErrors
        var text = "\(error)"
        if error is ArchiveError { text = text.replacingOccurrences(of: ArchiveError.pipeCommand, with: pipeCommand) }
        isPlaced ? Console.note(text) : Console.remark(PrintableText.visible(text))
        return ExitCode(error)
    }

    /// The current command with standard input, or a replay if it doesn't read archives.
    private static var pipeCommand: String {
        let words = CommandLine.arguments.dropFirst().prefix(2)
        guard words.first == "archive" else { return ArchiveError.pipeCommand }
        return "faultline \(words.joined(separator: " ")) -"
    }

    /// Prints problems of the input. If there are any, throws the exit code for an error.
    static func report(_ problems: [String]) throws {
        for problem in problems { Console.remark(PrintableText.visible(problem)) }
        if !problems.isEmpty { throw ExitCode.failure }
    }
}

extension ArchiveNames {
    /// The named archives. Prints which files of a directory are skipped.
    static func expand(_ names: [String]) throws -> [String] {
        let expanded = try ArchiveNames(names)
        for text in expanded.skipped { Console.remark(PrintableText.visible(text)) }
        return expanded.all
    }
}
