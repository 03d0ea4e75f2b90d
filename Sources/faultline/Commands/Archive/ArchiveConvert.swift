import ArgumentParser
import Foundation
import Replay
import Rules

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
        // As other programs have it, the last name would be the file to write.
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
