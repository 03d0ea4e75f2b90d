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
        help: ArgumentHelp(
            "Only spans that end at or after this time; -5m counts from the end of the recording.", valueName: "time"),
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
        let given = [from, to].compactMap(\.self)
        // One end that is relative and one that isn't are compared when the recording has been read.
        if Set(given.map(\.isRelative)).count == 1, !isInOrder(now: TimeLimits.latest) {
            throw ValidationError(wrongOrder)
        }
        guard given.contains(where: \.isRelative) else { return }
        if archives.contains("-") {
            throw ValidationError(
                "relative times count from the end of the recording, and standard input is read only once: "
                    + "give --from and --to in RFC 3339, or name a file")
        }
    }

    /// The ends of the spans to replay. Relative times count from the end of the recording, which is read for that.
    func range() throws -> Range<Int64> {
        let isRelative = [from, to].contains { $0?.isRelative ?? false }
        let now = isRelative ? try RecordingSpan(archives).end : nil
        guard isInOrder(now: now) else {
            let end = now.map { "; the recording ends at \(Timestamp.rfc3339($0))" } ?? ""
            Console.remark("\(wrongOrder)\(end)")
            throw ExitCode.usage
        }
        let (first, last) = ends(now: now)
        return first..<last
    }

    /// - Parameter now: what relative times count from, Unix nanoseconds.
    private func ends(now: Int64?) -> (first: Int64, last: Int64) {
        (from?.nanoseconds(now: now) ?? .min, to?.nanoseconds(now: now) ?? .max)
    }

    private func isInOrder(now: Int64?) -> Bool {
        let (first, last) = ends(now: now)
        return first <= last
    }

    private var wrongOrder: String { "--from \(from?.text ?? "") is later than --to \(to?.text ?? "")" }

    func settings(sendsAlerts: Bool) throws -> Settings {
        try Settings.load(config: config, ruleFiles: ruleFiles, sendsAlerts: sendsAlerts)
    }

    /// Replays the archives to their end, or until Ctrl-C.
    ///
    /// - Parameters:
    ///   - range: of the ends of spans.
    ///   - others: rules to evaluate next to the configuration's own.
    func replay(_ settings: Settings, endingIn range: Range<Int64>, comparing others: [RuleGroup] = []) throws -> Replay
    {
        ProcessHeap.reserve(settings.configuration.window.bytesMax)
        Interruption.watch()
        let replay = try Ending.reporting {
            let names = try ArchiveNames.expand(archives)
            let memory = settings.configuration.window.bytesMax / 4
            let services = settings.configuration.window.services
            return try Replay(
                names, endingIn: range, isSalvaging: salvage, services: services, memory: memory,
                keepsState: settings.configuration.stateDirectory != nil
            ) {
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
            Console.remark(PrintableText.visible(failure.description))
            throw ExitCode.failure
        }
        return replay
    }

    /// Prints what was wrong with the input.
    /// - Returns: whether anything was.
    func report(_ replay: Replay) -> Bool {
        let problems = replay.problems
        let isEmpty = problems.isEmpty && replay.pipeline.summary().counts.received == 0
        let isSelection = from != nil || to != nil
        if isEmpty {
            let recorded = isSelection && !archives.contains("-") ? try? RecordingSpan(archives).text : nil
            let which = isSelection ? "that end between --from and --to" : "in the input"
            Console.remark("no spans \(which)\(recorded.map { "; \($0)" } ?? "")")
        }
        for problem in problems { Console.remark(PrintableText.visible(problem)) }
        let slotsEarly = replay.pipeline.windowGauges().attribution.slotsEarly
        if slotsEarly > 0 {
            Console.remark(
                "\(countText(slotsEarly, "slot")) of five seconds left the window before the spans of their requests were "
                    + "complete, so that components and verdicts may differ: raise window.max_bytes")
        }
        return !problems.isEmpty || isEmpty && isSelection
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
