import ArgumentParser
import Foundation
import Replay
import Rules
import Support

/// Commands for archives besides `replay`.
struct Archive: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look into span archives, verify and convert them.",
        subcommands: [ArchiveVerify.self, ArchiveInfo.self, ArchiveCat.self, ArchiveConvert.self])

    static let namesHelp = ArgumentHelp(
        "Archives: files, directories of them, patterns in quotes, \"-\".", valueName: "archive")
}

struct ArchiveVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read archives to their end: every checksum, every record, the index.",
        discussion: "One line a sound archive; what is wrong goes to standard error, and the exit code is 1.")

    @Argument(help: Archive.namesHelp)
    var archives: [String]

    func run() throws {
        var problems: [String] = []
        for name in try Ending.telling({ try ArchiveNames.expand(archives) }) {
            let scan = try Ending.telling { try ArchiveScan(name) }
            problems += scan.problems
            guard scan.problems.isEmpty else { continue }
            let state = scan.isRecording && !scan.hasIndex ? ", not finished" : ""
            Console.print("\(PrintableText.escape(name)): sound, \(scan.records) records, \(scan.spans) spans\(state)")
        }
        try Ending.tell(problems)
    }
}

struct ArchiveInfo: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "What archives hold: times, spans, services, compression, index.")

    @Option(help: "The form of the result: text, or json: one object a line.")
    var format = ReportFormat.text

    @Argument(help: Archive.namesHelp)
    var archives: [String]

    func run() throws {
        var problems: [String] = []
        for name in try Ending.telling({ try ArchiveNames.expand(archives) }) {
            let scan = try Ending.telling { try ArchiveScan(name) }
            problems += scan.problems
            switch format {
            case .text: Console.print(text(scan))
            case .json: Console.print(try scan.json.trimmingCharacters(in: .newlines))
            }
        }
        try Ending.tell(problems)
    }

    private func text(_ scan: ArchiveScan) -> String {
        var lines = ["\(PrintableText.escape(scan.archive))"]
        func add(_ what: String, _ value: String?) {
            if let value { lines.append("  \(what.padding(toLength: 14, withPad: " ", startingAt: 0))\(value)") }
        }
        add("spans", "\(scan.spans) in \(scan.records) records")
        if scan.rejectedSpans > 0 { add("", "\(scan.rejectedSpans) of them without acceptable ids or times") }
        add("span times", scan.first.map { "\($0) to \(scan.last ?? "")" })
        add("arrivals", scan.firstArrival.map { "\($0) to \(scan.lastArrival ?? "")" } ?? "not recorded")
        add("size", size(scan))
        if scan.isRecording {
            add("recording", "\(scan.groups) groups, \(scan.clockReadings) readings of the clock")
            add("", scan.missing > 0 ? "\(scan.missing) requests were not recorded" : nil)
            add("index", scan.hasIndex ? "\(scan.groups) groups" : "none: the file was not finished")
        }
        for (number, service) in scan.services.enumerated() {
            add(number == 0 ? "services" : "", "\(PrintableText.escape(service.service)): \(service.spans) spans")
        }
        return lines.joined(separator: "\n")
    }

    private func size(_ scan: ArchiveScan) -> String {
        let uncompressed = String(format: "%.1f MB uncompressed", Double(scan.uncompressedBytes) / 1e6)
        guard let bytes = scan.bytes, bytes > 0 else { return uncompressed }
        let ratio = Double(scan.uncompressedBytes) / Double(bytes)
        return String(format: "%.1f MB, %@ (%.1f times as much)", Double(bytes) / 1e6, uncompressed, ratio)
    }
}

extension ArchiveConversion.Form: ExpressibleByArgument {}

struct ArchiveConvert: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Write archives in another form.",
        discussion: """
            Reads every form that replay reads, told apart by content. \
            Writes archive (lz4; of recordings with their arrivals and an index), json (lines, as the OpenTelemetry Collector's file exporter \
            writes them), otlp (length-delimited protobuf) and jaeger (one JSON file for its page, with times in \
            microseconds). A file that is there is not overwritten, and where converting fails none is left.
            """)

    @Option(help: "The form to write: archive, json, otlp or jaeger.")
    var to = ArchiveConversion.Form.archive

    @Option(
        name: [.short, .long], help: ArgumentHelp("The file to write; \"-\" is standard output.", valueName: "file"))
    var output = "-"

    @Flag(help: "Go on behind damage, where the next whole part begins.")
    var salvage = false

    @Argument(help: Archive.namesHelp)
    var archives: [String]

    func validate() throws {
        // Catch the convention of other tools, where the last name is the output.
        guard output == "-", archives.count > 1, let last = archives.last, last != "-",
            !FileManager.default.fileExists(atPath: last), !last.contains(where: { "*?[".contains($0) })
        else { return }
        throw ValidationError("\(last): no such file; the file to write is named with -o, as in -o \(last)")
    }

    func run() throws {
        try ArchiveConvert.convert(archives, to: to, output: output, isSalvaging: salvage)
    }

    static func convert(
        _ archives: [String], to form: ArchiveConversion.Form, output: String, isSalvaging: Bool
    ) throws {
        let problems = try Ending.telling {
            let names = try ArchiveNames.expand(archives)
            var conversion = ArchiveConversion(to: form, try ByteOutput(output), isSalvaging: isSalvaging)
            for name in names { try conversion.add(name) }
            try conversion.finish()
            return conversion.problems
        }
        try Ending.tell(problems)
    }
}

struct ArchiveCat: ParsableCommand {
    enum Form: String, ExpressibleByArgument, CaseIterable {
        case json
        case otlp
    }

    static let configuration = CommandConfiguration(
        commandName: "cat",
        abstract: "Print the records of archives as OTLP: JSON lines, or length-delimited protobuf.")

    @Option(help: "json (one line a record) or otlp (protobuf, each message behind its 4-byte big-endian length).")
    var format = Form.json

    @Flag(help: "Go on behind damage, where the next whole part begins.")
    var salvage = false

    @Argument(help: Archive.namesHelp)
    var archives: [String]

    func run() throws {
        try ArchiveConvert.convert(
            archives, to: format == .json ? .json : .otlp, output: "-", isSalvaging: salvage)
    }
}
