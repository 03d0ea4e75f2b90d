import API
import ArgumentParser
import Engine
import Foundation
import MCP
import Replay
import Support

/// `faultline trace`: a trace as a waterfall.
struct ShowTrace: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Show a trace: its spans as a waterfall, and where the time of its requests went.",
        discussion: "Reads the trace from archives, or from a daemon if none is named.")

    @OptionGroup var daemon: DaemonOptions

    @Argument(help: ArgumentHelp("The trace: 32 hexadecimal digits.", valueName: "id"))
    var id: String

    @Argument(help: Archive.namesHelp)
    var archives: [String] = []

    func validate() throws {
        guard TraceID(hex: id) != nil else {
            throw ValidationError("\(PrintableText.quote(id)) is not a trace id: it must be 32 hexadecimal digits")
        }
        if CommandLine.has("--address"), !archives.isEmpty {
            throw ValidationError("--address asks a daemon, but archives are named: give one or the other")
        }
    }

    func run() async throws {
        guard let trace = TraceID(hex: id) else { return }
        let json = archives.isEmpty ? try await ask() : try read(trace)
        let shown = try JSONDecoder().decode(ShownTrace.self, from: Data(json.utf8))
        for warning in shown.warnings ?? [] { Console.remark(PrintableText.escape(warning)) }
        Console.print(TraceText(shown, width: Console.width).text)
    }

    private func ask() async throws -> String {
        do {
            return try await daemon.client().get("traces/\(id)")
        } catch let refusal as DaemonClient.AnswerError {
            Console.remark(refusal.message)
            throw ExitCode.failure
        }
    }

    private func read(_ trace: TraceID) throws -> String {
        try Ending.reporting {
            let found = try ArchivedTrace(trace, in: try ArchiveNames.expand(archives))
            for problem in found.problems { Console.note(PrintableText.escape(problem)) }
            guard let detail = found.detail else {
                Console.remark("no span of the trace \(id) in \(archives.listed())")
                throw ExitCode.failure
            }
            return try detail.json(ComponentTable())
        }
    }
}
