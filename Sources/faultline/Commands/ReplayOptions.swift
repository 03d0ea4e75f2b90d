import Archive
import ArgumentParser
import Daemon
import Engine
import Foundation
import Live
import Pipeline
import Replay
import RuleFiles
import Rules
import Support
import YAML

/// Which spans a command replays, and with which rules.
struct ReplayOptions: ParsableArguments {
    @Option(name: .customLong("rules"), help: "A rule file, instead of the built-in rules; may be repeated.")
    var ruleFiles: [String] = []

    @Option(help: "A configuration file.")
    var config: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Only spans that end at or after this time.", valueName: "time"),
        transform: EventTime.init(text:))
    var from: EventTime?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Only spans that end before this time.", valueName: "time"),
        transform: EventTime.init(text:))
    var to: EventTime?

    @Flag(help: "Skip damaged parts and continue at the next intact one.")
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

    var range: Range<Int64> { (from?.nanoseconds ?? .min)..<(to?.nanoseconds ?? .max) }

    func settings(sendsAlerts: Bool) throws -> Settings {
        try Settings.load(config: config, ruleFiles: ruleFiles, sendsAlerts: sendsAlerts)
    }

    /// Replays the archives to their end, or until Ctrl-C.
    /// - Parameter others: rules to evaluate next to the configuration's own.
    func replay(_ settings: Settings, comparing others: [RuleGroup] = []) throws -> Replay {
        ProcessHeap.reserve(settings.configuration.window.bytesMax)
        Interruption.watch()
        let replay = try Ending.reporting {
            let names = try ArchiveNames.expand(archives)
            let memory = settings.configuration.window.bytesMax / 4
            let services = settings.configuration.window.services
            return try Replay(names, endingIn: range, isSalvaging: salvage, services: services, memory: memory) {
                settings.replayPipeline(comparing: others)
            }
        }
        var progress = ReplayProgress(isShown: !quiet && Console.isErrorTerminal && !Console.isDumb)
        // On Ctrl-C standard input ends by itself, and what was read of it still counts.
        let isStream = archives == ["-"]
        while !Interruption.isRequested || isStream, replay.step() { progress.show(replay.progress) }
        replay.stop()
        progress.finish()
        if let failure = replay.failure {
            Console.note("faultline: \(PrintableText.escape(failure.description))")
            throw ExitCode.failure
        }
        return replay
    }

    /// Prints what was wrong with the input.
    /// - Returns: whether anything was.
    func report(_ replay: Replay) -> Bool {
        let problems = replay.problems
        if problems.isEmpty, replay.pipeline.summary().counts.received == 0 {
            let which = from == nil && to == nil ? "in the input" : "that end between --from and --to"
            Console.note("faultline: no spans \(which)")
        }
        for problem in problems { Console.note("faultline: \(PrintableText.escape(problem))") }
        return !problems.isEmpty
    }
}

/// A time on the command line.
struct EventTime {
    /// Unix nanoseconds.
    let nanoseconds: Int64

    init(text: String) throws {
        guard let time = Timestamp.parse(text, now: WallClock.now) else {
            throw ValidationError(
                "a time is RFC 3339 (2026-11-23T04:33:30Z), Unix seconds (1795408410), a duration ago (-5m), or now; "
                    + "from 1970 to 2116")
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
            evaluationDelay: configuration.evaluationDelay, attribution: configuration.attribution, usesCores: true)
    }
}
