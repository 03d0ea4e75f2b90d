import ArgumentParser
import Logging

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
