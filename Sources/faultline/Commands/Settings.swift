import ArgumentParser
import Daemon
import Engine
import Rules

/// What a command line and the files it names say together.
struct Settings {
    var configuration: Configuration
    var source: RuleSource
    var rules: RuleSet

    /// Reads the files; says all their problems and ends with the code for a wrong file.
    static func load(config: String?, ruleFiles: [String]) throws -> Settings {
        var configuration = Configuration()
        if let config {
            do {
                configuration = try Configuration(path: config)
            } catch {
                throw failure(error.description)
            }
        }
        let files = ruleFiles.isEmpty ? configuration.ruleFiles : ruleFiles
        let source = RuleSource(files: files, configuration: configuration)
        do {
            return Settings(configuration: configuration, source: source, rules: try source.load())
        } catch {
            throw failure(error.description)
        }
    }

    /// Other rules, for the same configuration.
    func load(_ ruleFiles: [String]) throws -> RuleSet {
        do {
            return try RuleSource(files: ruleFiles, configuration: configuration).load()
        } catch {
            throw Self.failure(error.description)
        }
    }

    /// A pipeline that keeps an archive's spans for as long as memory allows: exact percentiles over all of it.
    /// - Parameter others: rules that are evaluated beside the configuration's own.
    func replayPipeline(comparing others: [RuleGroup]) -> Pipeline {
        var limits = configuration.window
        limits.duration = nil
        return Pipeline(
            rules: RuleEvaluator(rules.groups + others), limits: limits,
            evaluationDelay: configuration.evaluationDelay, attribution: configuration.attribution)
    }

    private static func failure(_ problems: String) -> ExitCode {
        Console.note(problems)
        return .usage
    }
}
