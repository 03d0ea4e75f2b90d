import YAML
import Archive
import ArgumentParser
import Daemon
import Engine
import Foundation
import OTLP
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

    @Option(name: .customLong("rules"), help: "A rule file, instead of the built-in rules; may be repeated.")
    var ruleFiles: [String] = []

    @Option(
        help: ArgumentHelp(
            "Compare how often and how long the rules fire with those of this file; may be repeated.",
            valueName: "rules"))
    var compare: [String] = []

    @Option(help: "A configuration file.")
    var config: String?

    @Option(help: "The output format: text or json.")
    var format = ReportFormat.text

    @Option(
        help: ArgumentHelp("Only spans that end at or after this time (RFC 3339).", valueName: "time"),
        transform: EventTime.init(text:))
    var from: EventTime?

    @Option(
        help: ArgumentHelp("Only spans that end before this time (RFC 3339).", valueName: "time"),
        transform: EventTime.init(text:))
    var to: EventTime?

    @Flag(help: "Continue after damage, at the next intact part.")
    var salvage = false

    @Flag(help: "Don't show progress.")
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
        let settings = try Settings.load(config: config, ruleFiles: ruleFiles, sendsAlerts: false)
        let others = compare.isEmpty ? RuleSet() : try settings.load(compare)
        ProcessHeap.reserve(settings.configuration.window.bytesMax)
        let range = (from?.nanoseconds ?? .min)..<(to?.nanoseconds ?? .max)
        Interruption.watch()
        let replay = try Ending.reporting {
            let names = try ArchiveNames.expand(archives)
            let memory = settings.configuration.window.bytesMax / 4
            let services = settings.configuration.window.services
            return try Replay(names, endingIn: range, isSalvaging: salvage, services: services, memory: memory) {
                settings.replayPipeline(comparing: others.groups)
            }
        }
        var progress = ReplayProgress(isShown: !quiet && Console.isErrorTerminal)
        // On Ctrl-C standard input ends by itself, and what was read of it still counts.
        let isStream = archives == ["-"]
        while !Interruption.isRequested || isStream, replay.step() { progress.show(replay.progress) }
        replay.stop()
        progress.finish()
        if let failure = replay.failure {
            Console.note("faultline: \(PrintableText.escape(failure.description))")
            throw ExitCode.fault
        }
        try print(report(replay, settings.rules.groups, others.groups))
        if replay.problems.isEmpty, replay.pipeline.summary().counts.received == 0 {
            let which = from == nil && to == nil ? "in the input" : "that end between --from and --to"
            Console.note("faultline: no spans \(which)")
        }
        let problems = replay.problems
        for problem in problems { Console.note("faultline: \(PrintableText.escape(problem))") }
        if Interruption.isRequested {
            Console.note("faultline: interrupted; the report covers what was read until then")
            throw ExitCode.interrupted
        }
        if !problems.isEmpty { throw ExitCode.fault }
    }

    private func report(_ replay: Replay, _ rules: [RuleGroup], _ others: [RuleGroup]) -> Report {
        let pipeline = replay.pipeline
        let own = replay.transitions.filter { ($0.rule?.group ?? 0) < rules.count }
        let comparison = RuleComparison(new: rules, old: others, replay.transitions, end: replay.clock)
        return Report(
            pipeline.attributedSummary(), from: from?.nanoseconds ?? .min,
            alerts: FiredAlerts(own, active: pipeline.evaluation.numberedAlerts).all.map { AlertJSON($0) },
            incidents: pipeline.evaluation.incidents.map { IncidentJSON($0) },
            comparison: compare.isEmpty ? nil : comparison)
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

/// A time on the command line, in RFC 3339.
struct EventTime {
    /// Unix nanoseconds.
    let nanoseconds: Int64

    init(text: String) throws {
        guard let time = Timestamp.parse(rfc3339: text) else {
            throw ValidationError(
                "a time is RFC 3339, from 1970 to 2116: 2026-11-23T04:33:30Z or 2026-11-23T04:33:30.5+01:00")
        }
        nanoseconds = time
    }
}

extension Settings {
    /// Reads the files and prints warnings. On problems, prints them and throws the usage exit code.
    static func load(config: String?, ruleFiles: [String], sendsAlerts: Bool) throws -> Settings {
        try Ending.reporting {
            let settings = try Settings(config: config, ruleFiles: ruleFiles, sendsAlerts: sendsAlerts)
            for warning in settings.rules.warnings { Console.note(warning.description) }
            return settings
        }
    }

    /// Reads other rules for the same configuration.
    func load(_ ruleFiles: [String]) throws -> RuleSet {
        try Ending.reporting {
            try RuleSource(ruleFiles.map { RuleFileName($0) }, configuration: configuration).load(sendsAlerts: false)
        }
    }

    /// A pipeline that keeps spans for as long as memory allows, so that percentiles of the whole archive are exact.
    /// - Parameter others: rules to evaluate next to the configuration's own; their alerts make no incidents.
    func replayPipeline(comparing others: [RuleGroup]) -> Pipeline {
        var limits = configuration.window
        limits.recordedDuration = limits.duration
        limits.duration = nil
        var others = others
        for group in others.indices {
            for rule in others[group].rules.indices { others[group].rules[rule].isOfIncidents = false }
        }
        return Pipeline(
            rules: RuleEvaluator(rules.groups + others), limits: limits,
            evaluationDelay: configuration.evaluationDelay, attribution: configuration.attribution)
    }
}
