import ArgumentParser
import Daemon
import Engine
import Foundation
import Pipeline
import Replay
import Report
import RuleFiles
import Rules
import Support

struct ReplayArchives: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Run recorded spans through the engine and the rules, and print a report.",
        discussion: """
            An archive holds OTLP messages, each preceded by its 4-byte big-endian length, or JSON: OTLP as the \
            OpenTelemetry Collector's file exporter writes it, or as the APIs of Jaeger and Tempo answer; plain, in \
            lz4 frames or gzip. "-" is standard input, a directory stands for the archives in it, and a pattern in \
            quotes for its matches. Several archives are merged by time. Ctrl-C prints the report so far.
            """)

    @OptionGroup var input: ReplayOptions

    @Option(
        help: ArgumentHelp(
            "Compare how often and how long the rules fire with those of this file; may be repeated.",
            valueName: "rules"))
    var compare: [String] = []

    @Option(help: "The output format: text or json.")
    var format = ReportFormat.text

    @Option(help: "Sort the rows of text by count, errors, p50, p90, p99 or max.")
    var sort: RowOrder.Key?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How many rows of each table text shows (20).", valueName: "number"),
        transform: WholeNumber.reader(1...Int.max, "--top is a number of rows from 1"))
    var top: Int?

    func validate() throws {
        if format == .json, CommandLine.has("--sort") || CommandLine.has("--top") {
            throw ValidationError("--sort and --top are for text: --format json has all rows")
        }
    }

    func run() throws {
        let settings = try input.settings(sendsAlerts: false)
        let others = compare.isEmpty ? RuleSet() : try settings.load(compare)
        let range = try input.range()
        let replay = try input.replay(settings, endingIn: range, comparing: others.groups)
        try print(replay, from: range.lowerBound, settings, others.groups)
        let hasErrors = input.report(replay)
        if Interruption.isRequested {
            Console.remark("interrupted; the report covers what was read until then")
            throw ExitCode.interrupted
        }
        if hasErrors { throw ExitCode.failure }
    }

    private func print(_ replay: Replay, from: Int64, _ settings: Settings, _ others: [RuleGroup]) throws {
        let rules = settings.rules.groups
        let (pipeline, summary) = (replay.pipeline, replay.pipeline.attributedSummary())
        let own = replay.transitions.filter { ($0.rule?.group ?? 0) < rules.count }
        let comparison = RuleComparison(
            new: rules, old: others, replay.transitions, end: replay.clock, stops: replay.stops)
        let fired = FiredAlerts(own, active: replay.activeAlerts).all
        var report = Report(
            summary, from: from, alerts: fired.map { AlertJSON($0) },
            incidents: pipeline.evaluation.incidents.map { IncidentJSON($0) },
            comparison: compare.isEmpty ? nil : comparison)
        report.add(replay, fired)
        switch format {
        case .json: Console.print(try report.json)
        case .text:
            let text = ReportText(
                report, operations: OperationTables(summary), services: settings.configuration.window.services,
                style: .output, order: RowOrder(key: sort ?? .count, top: top ?? 20))
            Console.print(text.text)
        }
    }
}

extension Report {
    /// Adds the runs of the daemon if there are several, and what ended with them.
    fileprivate mutating func add(_ replay: Replay, _ fired: [Alert]) {
        guard replay.runs.count > 1 else { return }
        let evaluation = replay.pipeline.evaluation
        runs = replay.runs.map { RunRow(start: $0.start, end: $0.end, isContinued: $0.hasState) }
        stoppedAlerts = Set(
            fired.filter { alert in
                alert.resolvedAt == nil
                    && !evaluation.alerts.contains {
                        $0.fingerprint == alert.fingerprint && $0.activeAt == alert.activeAt
                    }
            }.map { AlertJSON($0) })
        stoppedIncidents = Set(evaluation.incidents.filter(\.isOpen).map(\.id))
            .subtracting(evaluation.openIncidents.map(\.id))
    }
}

extension Replay {
    /// When daemons stopped whose alerts the next one didn't continue, each with the number of transitions before it.
    fileprivate var stops: [(count: Int, time: Int64)] {
        zip(runs, runs.dropFirst()).filter { !$1.hasState }.map { ($1.firstTransition, $0.end) }
    }
}

enum ReportFormat: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
}
