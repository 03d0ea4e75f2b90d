import ArgumentParser
import Daemon
import Engine
import RuleFiles
import Rules
import YAML

struct RulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "Convert rules for other systems.", subcommands: [ExportRules.self])
}

extension StoredHistograms: ExpressibleByArgument {}

struct ExportRules: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Print rules as Prometheus alerting rules over Faultline's metrics.",
        discussion: """
            Without files these are the built-in rules. What PromQL can't say, such as a comparison of each kind of \
            request with itself, is left out and listed on standard error. docs/prometheus.md says what differs.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case prometheus
    }

    @Option(help: "What to write: prometheus.")
    var format = Format.prometheus

    @Option(help: "What Prometheus stores of histograms: classic (buckets) or native.")
    var histograms = StoredHistograms.classic

    @Option(help: ArgumentHelp("Configuration file, for its services and rules.", valueName: "file"))
    var config: String?

    @Argument(help: ArgumentHelp("Rule files; \"builtin\" stands for the built-in rules.", valueName: "file"))
    var files: [String] = []

    func run() throws {
        let settings = try Ending.reporting { try Settings(config: config, ruleFiles: files) }
        for warning in settings.rules.warnings { Console.note(warning.description) }
        let rules = PrometheusRules(
            settings.rules.groups, services: settings.configuration.window.services, histograms: histograms)
        for remark in rules.remarks { Console.remark(remark) }
        Console.print(String(try rules.file.serialized().dropLast()))
    }
}
