import Daemon
import Foundation
import Live
import Logging
import Support

/// How the log is written.
enum LogFormat: String, CaseIterable {
    case text
    case json
}

/// Writes each event as one line on standard error: in logfmt with the message quoted, or as a JSON object.
struct LineLogHandler: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    let format: LogFormat

    init(level: Logger.Level, format: LogFormat) {
        logLevel = level
        self.format = format
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields = metadata.merging(event.metadata ?? [:]) { $1 }
        if let error = event.error { fields["error"] = "\(error)" }
        Console.note(
            LogLine(
                time: WallClock.now, level: event.level, message: "\(event.message)",
                fields: fields.mapValues { "\($0)" }
            ).text(format))
    }
}

/// An event of the log.
struct LogLine {
    /// Unix nanoseconds.
    let time: Int64
    let level: Logger.Level
    let message: String
    let fields: [String: String]

    /// Without a line break.
    func text(_ format: LogFormat) -> String {
        let milliseconds = time / 1_000_000 * 1_000_000
        let head = [("time", Timestamp.rfc3339(milliseconds)), ("level", level.rawValue)]
        // A field can't pass for one of these.
        let rest = fields.sorted { $0.key < $1.key }.map { field in
            (["time", "level", "msg"].contains(field.key) ? field.key + "_" : field.key, field.value)
        }
        switch format {
        case .text:
            let message = ["msg=" + Self.quoted(message)]
            return (head.map(Self.pair) + message + rest.map(Self.pair)).joined(separator: " ")
        case .json:
            let all = head + [("msg", message)] + rest
            return "{" + all.map { Self.quoted($0) + ":" + Self.quoted($1) }.joined(separator: ",") + "}"
        }
    }

    private static func pair(_ key: String, _ value: String) -> String {
        let isPlain =
            !value.isEmpty
            && value.unicodeScalars.allSatisfy {
                $0 != " " && $0 != "\"" && $0 != "=" && $0 != "\\" && !PrintableText.isUnsafe($0)
            }
        return "\(key)=" + (isPlain ? value : quoted(value))
    }

    /// As JSON has it, with what could steer a terminal escaped too.
    private static func quoted(_ text: String) -> String {
        let escaped = text.unicodeScalars.contains { !$0.isASCII && PrintableText.isUnsafe($0) }
        return String(decoding: JSONString.quoted(escaped ? PrintableText.escape(text) : text), as: UTF8.self)
    }
}
