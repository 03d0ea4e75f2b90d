import ArgumentParser
import Daemon
import Engine
import Pipeline
import RuleFiles
import Rules

extension Settings {
    /// Reads the files; says all their problems and ends with the code for a wrong file.
    static func load(config: String?, ruleFiles: [String], sendsAlerts: Bool) throws -> Settings {
        try Ending.telling {
            let settings = try Settings(config: config, ruleFiles: ruleFiles, sendsAlerts: sendsAlerts)
            for warning in settings.rules.warnings { Console.note(warning.description) }
            return settings
        }
    }

    /// Other rules, for the same configuration.
    func load(_ ruleFiles: [String]) throws -> RuleSet {
        try Ending.telling {
            try RuleSource(ruleFiles.map { RuleFileName($0) }, configuration: configuration).load(sendsAlerts: false)
        }
    }

    /// A pipeline that keeps an archive's spans for as long as memory allows: exact percentiles over all of it.
    /// - Parameter others: rules that are evaluated beside the configuration's own.
    func replayPipeline(comparing others: [RuleGroup]) -> Pipeline {
        var limits = configuration.window
        limits.recordedDuration = limits.duration
        limits.duration = nil
        return Pipeline(
            rules: RuleEvaluator(rules.groups + others), limits: limits,
            evaluationDelay: configuration.evaluationDelay, attribution: configuration.attribution)
    }
}
