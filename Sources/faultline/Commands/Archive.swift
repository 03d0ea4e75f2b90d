import Archive
import ArgumentParser
import Foundation
import Replay
import Rules
import Support

/// Commands for archives besides `replay`.
struct Archive: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Inspect, verify and convert span archives.",
        subcommands: [ArchiveVerify.self, ArchiveInfo.self, ArchiveCat.self, ArchiveConvert.self])

    static let namesHelp = ArgumentHelp(
        "Archives: files, directories of them, patterns in quotes, \"-\".", valueName: "archive")

    /// Reads archives to their end, one after the other; their problems are reported once all have been read.
    fileprivate static func scan(_ archives: [String], _ body: (ArchiveScan) throws -> Void) throws {
        var problems: [String] = []
        for name in try Ending.reporting({ try ArchiveNames.expand(archives) }) {
            let scan = try Ending.reporting { try ArchiveScan(name) }
            problems += scan.problems
            try body(scan)
        }
        try Ending.report(problems)
    }
}

struct ArchiveVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verify archives: every checksum, every record and the index.",
        discussion: "Prints a line for each intact archive. Problems go to standard error and make the exit code 1.")

    @Argument(help: Archive.namesHelp)
    var archives: [String]

    func run() throws {
        try Archive.scan(archives) { scan in
            guard scan.problems.isEmpty else { return }
            let (name, state) = (
                PrintableText.escape(scan.archive), scan.isRecording && !scan.hasIndex ? ", not finished" : ""
            )
            let counts = "\(countText(scan.records, "record")), \(countText(scan.spans, "span"))"
            Console.print("\(name): sound, \(counts)\(state)")
        }
    }
}

struct ArchiveInfo: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "Show the contents of archives: times, spans, services, compression, index.")

    @Option(help: "The output format: text, or json with one object per line.")
    var format = ReportFormat.text

    @Argument(help: Archive.namesHelp)
    var archives: [String]

    func run() throws {
        try Archive.scan(archives) { scan in
            switch format {
            case .text: Console.print(text(scan))
            case .json: Console.print(try scan.json.trimmingCharacters(in: .newlines))
            }
        }
    }

    private func text(_ scan: ArchiveScan) -> String {
        let (style, label) = (TextStyle.output, 16)
        var lines = PrintableText.escape(scan.archive).wrapped(style.width)
        func add(_ what: String, _ value: String?) {
            for (number, line) in (value ?? "").wrapped(style.width, indent: label).enumerated() {
                lines.append(number == 0 ? "  \(what)".left(label) + line.dropFirst(label) : line)
            }
        }
        add("spans", "\(countText(scan.spans)) in \(countText(scan.records)) records")
        if scan.rejectedSpans > 0 { add("", "\(scan.rejectedSpans) of them have invalid ids or times") }
        add("span times", scan.first.map { "\($0) to \(scan.last ?? "")" })
        add("arrivals", scan.firstArrival.map { "\($0) to \(scan.lastArrival ?? "")" } ?? "not recorded")
        add("size", size(scan))
        if scan.isRecording {
            add("recording", "\(scan.groups) groups, \(scan.clockReadings) clock readings")
            add("", scan.missing > 0 ? "\(scan.missing) export requests were not recorded" : nil)
            add("index", scan.hasIndex ? "\(scan.groups) groups" : "none: the file was not finished")
        }
        for (number, service) in scan.services.enumerated() {
            let spans = countText(service.spans, "span")
            add(number == 0 ? "services" : "", "\(PrintableText.escape(service.service)): \(spans)")
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
        abstract: "Convert archives to another format.",
        discussion: """
            Reads every format that replay reads, recognised by content. \
            Writes archive (lz4; with arrivals and an index if the input has them), json (lines, as the OpenTelemetry Collector's file exporter \
            writes them), otlp (length-delimited protobuf) and jaeger (one JSON file for its page, with times in \
            microseconds). An existing file is never overwritten, and a failed conversion leaves no file.
            """)

    @Option(help: "The format to write: archive, json, otlp or jaeger.")
    var to = ArchiveConversion.Form.archive

    @Option(
        name: [.short, .long], help: ArgumentHelp("The file to write; \"-\" is standard output.", valueName: "file"))
    var output = "-"

    @Flag(help: "Skip damaged parts and continue at the next intact one.")
    var salvage = false

    @Argument(help: Archive.namesHelp)
    var archives: [String]

    func validate() throws {
        // Catches the convention of other tools, where the last name is the output.
        guard output == "-", archives.count > 1, let last = archives.last, last != "-",
            !FileManager.default.fileExists(atPath: last), !last.contains(where: { "*?[".contains($0) })
        else { return }
        throw ValidationError("\(last): no such file; name the file to write with -o, as in -o \(last)")
    }

    func run() throws {
        try ArchiveConvert.convert(archives, to: to, output: output, isSalvaging: salvage)
    }

    static func convert(
        _ archives: [String], to form: ArchiveConversion.Form, output: String, isSalvaging: Bool
    ) throws {
        let problems = try Ending.reporting {
            let names = try ArchiveNames.expand(archives)
            var conversion = ArchiveConversion(to: form, try ByteOutput(output), isSalvaging: isSalvaging)
            for name in names { try conversion.add(name) }
            try conversion.finish()
            return conversion.problems
        }
        try Ending.report(problems)
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

    @Option(help: "json (one line per record) or otlp (protobuf, each message after its 4-byte big-endian length).")
    var format = Form.json

    @Flag(help: "Skip damaged parts and continue at the next intact one.")
    var salvage = false

    @Argument(help: Archive.namesHelp)
    var archives: [String]

    func run() throws {
        try ArchiveConvert.convert(
            archives, to: format == .json ? .json : .otlp, output: "-", isSalvaging: salvage)
    }
}
