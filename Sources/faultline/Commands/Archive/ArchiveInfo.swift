import ArgumentParser
import Foundation
import Replay
import Rules
import Support

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
