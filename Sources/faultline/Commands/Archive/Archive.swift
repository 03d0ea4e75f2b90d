import ArgumentParser
import Daemon
import Ingest
import Rules

/// What can be done with archives beside replaying them.
struct Archive: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look into span archives, verify and convert them.",
        subcommands: [ArchiveVerify.self, ArchiveInfo.self, ArchiveCat.self, ArchiveConvert.self])

    static let namesHelp = ArgumentHelp(
        "Archives: files, directories of them, patterns in quotes, \"-\".", valueName: "archive")

    /// Runs a body; says why it failed and ends with the code for it.
    static func failing<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as ArchiveError {
            Console.note("faultline: \(PrintableText.escape(error.description))")
            throw error.kind == .unreadable ? ExitCode.usage : ExitCode.fault
        } catch let error as OutputFault {
            Console.note("faultline: \(PrintableText.escape(error.description))")
            throw ExitCode.usage
        } catch let error as ConversionLimit {
            Console.note("faultline: \(error)")
            throw ExitCode.fault
        }
    }

    /// Says what was wrong with archives; then the command ends with the code for a fault.
    static func tell(_ problems: [String]) throws {
        for problem in problems { Console.note("faultline: \(PrintableText.escape(problem))") }
        if !problems.isEmpty { throw ExitCode.fault }
    }
}
