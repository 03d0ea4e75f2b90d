import ArgumentParser
import Daemon
import Live
import Logging
import Receivers
import Recording
import RuleFiles
import Rules
import YAML

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Receive spans over OTLP, evaluate rules over them, and serve metrics and the query API.",
        discussion: """
            Without options: OTLP on 127.0.0.1:4317 (gRPC) and 127.0.0.1:4318 (HTTP), scrape and API on \
            127.0.0.1:9464, the built-in control-plane rules, alerts on standard output. SIGHUP reloads the \
            rules; SIGTERM finishes the work in progress and ends.
            """)

    @Option(help: "A configuration file.")
    var config: String?

    @Option(name: .customLong("rules"), help: "A rule file, instead of the built-in rules; may be repeated.")
    var ruleFiles: [String] = []

    @Option(
        name: .customLong("otlp-grpc"), help: ArgumentHelp("The address for OTLP/gRPC.", valueName: "address"),
        transform: ListenAddress.init(argument:))
    var otlpGRPC: ListenAddress?

    @Option(
        name: .customLong("otlp-http"), help: ArgumentHelp("The address for OTLP/HTTP.", valueName: "address"),
        transform: ListenAddress.init(argument:))
    var otlpHTTP: ListenAddress?

    @Option(
        help: ArgumentHelp("The address for scrapes and the API.", valueName: "address"),
        transform: ListenAddress.init(argument:))
    var listen: ListenAddress?

    @Option(
        help: ArgumentHelp("An address for Jaeger's query API alone, such as 127.0.0.1:16686.", valueName: "address"),
        transform: ListenAddress.init(argument:))
    var jaeger: ListenAddress?

    @Option(help: ArgumentHelp("A directory to which all spans are recorded, for replays.", valueName: "directory"))
    var archive: String?

    @Option(help: ArgumentHelp("A directory in which alerts survive restarts.", valueName: "directory"))
    var state: String?

    @Flag(help: "Accept every machine that can reach an address, without TLS or tokens.")
    var insecureListen = false

    @OptionGroup var log: LogOptions

    func run() async throws {
        var settings = try Settings.load(config: config, ruleFiles: ruleFiles, sendsAlerts: true)
        settings.configuration.otlpGRPC = otlpGRPC ?? settings.configuration.otlpGRPC
        settings.configuration.otlpHTTP = otlpHTTP ?? settings.configuration.otlpHTTP
        settings.configuration.listen = listen ?? settings.configuration.listen
        settings.configuration.jaeger = jaeger ?? settings.configuration.jaeger
        settings.configuration.recording.directory = archive ?? settings.configuration.recording.directory
        settings.configuration.stateDirectory = state ?? settings.configuration.stateDirectory
        settings.configuration.insecureListen = insecureListen || settings.configuration.insecureListen
        let container = ContainerMemory.limit()
        try Ending.reporting {
            try settings.configuration.fit(container: container)
            try StartCheck.run(settings.configuration)
        }
        for warning in settings.configuration.warnings(container: container) { Console.note(warning.description) }
        ProcessHeap.giveBackLargeArrays()
        let server = LiveServer(
            configuration: settings.configuration, source: settings.source, rules: settings.rules,
            logger: log.logger())
        try await Ending.reporting { try await server.run() }
    }
}

extension ListenAddress {
    /// - Throws: unless it is `host:port`; the error describes a valid address.
    init(argument: String) throws {
        guard let address = Self(argument) else { throw ValidationError(Self.form) }
        self = address
    }
}

/// How much a command logs, and how.
struct LogOptions: ParsableArguments {
    @Option(help: "The lowest level that is logged: trace, debug, info, notice, warning, error or critical.")
    var logLevel = LogLevel.notice

    @Option(help: "The format of the log: text (logfmt) or json, one object per line.")
    var logFormat = LogFormat.text

    /// Sets up logging for the process.
    func logger() -> Logger {
        LoggingSystem.bootstrap { [logLevel, logFormat] _ in LineLogHandler(level: logLevel.level, format: logFormat) }
        return Logger(label: "faultline")
    }
}

/// The levels of `Logger`, as words of the command line.
enum LogLevel: String, CaseIterable, ExpressibleByArgument {
    case trace, debug, info, notice, warning, error, critical

    var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .notice }
}

extension LogFormat: ExpressibleByArgument {}
