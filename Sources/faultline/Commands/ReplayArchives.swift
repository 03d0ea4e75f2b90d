import ArgumentParser
import Daemon
import Engine
import Foundation
import Ingest
import Rules

struct ReplayArchives: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Run recorded spans through the engine and the rules, and print what was found.",
        discussion: """
            An archive holds OTLP messages, each preceded by its 4-byte big-endian length, or JSON lines as the \
            OpenTelemetry Collector's file exporter writes them; plain or in lz4 frames. "-" is standard input. \
            Several archives are merged by time.
            """)

    @Option(name: .customLong("rules"), help: "A rule file, instead of the built-in rules; may be repeated.")
    var ruleFiles: [String] = []

    @Option(help: "A configuration file.")
    var config: String?

    @Option(help: "The form of the result: text or json.")
    var format = ReportFormat.text

    @Option(help: ArgumentHelp("Only spans that end at or after this time.", valueName: "time"))
    var from: EventTime?

    @Option(help: ArgumentHelp("Only spans that end before this time.", valueName: "time"))
    var to: EventTime?

    @Flag(help: "Say nothing about the work while it goes on.")
    var quiet = false

    @Argument(help: ArgumentHelp("Archives to replay.", valueName: "archive"))
    var archives: [String]

    func validate() throws {
        if archives.filter({ $0 == "-" }).count > 1 {
            throw ValidationError("\"-\" may be named once: there is one standard input")
        }
        if let from, let to, from.nanoseconds > to.nanoseconds {
            throw ValidationError("--from is later than --to")
        }
    }

    func run() throws {
        let settings = try Settings.load(config: config, ruleFiles: ruleFiles)
        ReplayHeap.reserve(settings.configuration.window.bytesMax)
        let pipeline = settings.replayPipeline()
        let range = (from?.nanoseconds ?? .min)..<(to?.nanoseconds ?? .max)
        var replay: Replay
        do {
            replay = try Replay(archives, endingIn: range, pipeline: pipeline)
        } catch {
            Console.note("faultline: \(PrintableText.escape(error.description))")
            throw error.kind == .unreadable ? ExitCode.usage : ExitCode.fault
        }
        var progress = ReplayProgress(isShown: !quiet && Console.isErrorTerminal)
        while replay.step() { progress.show(replay.progress) }
        progress.finish()
        try print(Report(pipeline.summary(), alerts: replay.alerts.all.map { AlertJSON($0) }))
        let problems = replay.problems
        for problem in problems { Console.note("faultline: \(PrintableText.escape(problem))") }
        if !problems.isEmpty { throw ExitCode.fault }
    }

    private func print(_ report: Report) throws {
        switch format {
        case .text: Console.print(ReportText(report, style: TextStyle(isTerminal: Console.isOutputTerminal)).text)
        case .json: Console.print(try report.json)
        }
    }
}

enum ReportFormat: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
}

/// A time on the command line: RFC 3339.
struct EventTime: ExpressibleByArgument {
    /// Unix nanoseconds.
    let nanoseconds: Int64

    init?(argument: String) {
        guard let time = Timestamp.parse(rfc3339: argument) else { return nil }
        nanoseconds = time
    }
}
