import ArgumentParser
import Replay
import Rules
import Support

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
