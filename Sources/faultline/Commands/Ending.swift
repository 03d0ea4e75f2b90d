import Archive
import ArgumentParser
import Daemon
import Foundation
import Notify
import Replay
import RuleFiles
import Rules
import Support

extension ExitCode {
    /// A fault was found in what was read, or something beyond the command line failed.
    static let fault = ExitCode(1)
    /// The command line, or a file named on it, is wrong: the same command would fail again.
    static let usage = ExitCode(2)
    /// Ctrl-C, as shells have it.
    static let interrupted = ExitCode(130)

    /// With what a command ends that an error stopped: the one table of it, whatever the command.
    init(_ error: any Error) {
        switch error {
        case let error as ArchiveError: self = error.kind == .unreadable ? .usage : .fault
        case is RuleDiagnostics, is RuleErrors, is WebhookHeaders.FormatError, is StartError, is OutputError:
            self = .usage
        case is ConversionLimit, is MissingArrivals, is NothingConverted: self = .usage
        default: self = .fault
        }
    }
}

/// How a command ends that can't go on.
enum Ending {
    /// Runs a body; where it fails, says why and ends with the code for it.
    static func telling<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let code as ExitCode {
            throw code
        } catch {
            throw tell(error)
        }
    }

    static func telling<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let code as ExitCode {
            throw code
        } catch {
            throw tell(error)
        }
    }

    /// Problems in files have their place in front, as editors read it, and no program's name.
    private static func tell(_ error: any Error) -> ExitCode {
        let isPlaced = error is RuleDiagnostics || error is RuleErrors
        var text = "\(error)"
        if error is ArchiveError { text = text.replacingOccurrences(of: ArchiveError.pipeCommand, with: pipeCommand) }
        Console.note(isPlaced ? text : "faultline: \(PrintableText.escape(text))")
        return ExitCode(error)
    }

    /// The command at hand, reading standard input; a replay where it is none that reads archives by their names.
    private static var pipeCommand: String {
        let words = CommandLine.arguments.dropFirst().prefix(2)
        guard words.first == "archive" else { return ArchiveError.pipeCommand }
        return "faultline \(words.joined(separator: " ")) -"
    }

    /// Says what was wrong with what was read; then the command ends with the code for a fault.
    static func tell(_ problems: [String]) throws {
        for problem in problems { Console.note("faultline: \(PrintableText.escape(problem))") }
        if !problems.isEmpty { throw ExitCode.fault }
    }
}

extension ArchiveNames {
    /// The archives that are named; says what of a directory is none.
    static func expand(_ names: [String]) throws -> [String] {
        let expanded = try ArchiveNames(names)
        for text in expanded.passedOver { Console.note("faultline: \(PrintableText.escape(text))") }
        return expanded.all
    }
}
