import ArgumentParser
import Daemon
import Doctor
import Live
import MCP
import Support

/// `faultline doctor`: which components send spans to a daemon, what is missing, and what to do about it.
struct ExamineSources: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Report which components send spans to a daemon, what is missing, and what to do about it.",
        discussion: "Exit code 0 if nothing is missing, 1 if something is or the daemon doesn't answer.")

    @OptionGroup var daemon: DaemonOptions

    @Option(help: "The output format: text or json.")
    var format = ReportFormat.text

    /// What `--format json` prints.
    private struct Examination: Encodable {
        /// The end of recorded spans; null for a daemon that receives them.
        @OrNull var recorded_until: String?
        var sources: [HeardSources.Source]
        /// Whole sentences, most important first.
        var findings: [String]
    }

    func run() async throws {
        let heard: HeardSources
        do {
            heard = try await ask()
        } catch let refusal as DaemonClient.AnswerError {
            Console.note("faultline: \(refusal.message)")
            throw ExitCode.failure
        }
        let end = heard.recordingEnd
        let findings = SourceFindings(now: end ?? WallClock.now).sentences(heard)
        switch format {
        case .json:
            let found = Examination(
                recorded_until: end.map { Timestamp.rfc3339($0) }, sources: heard.sources, findings: findings)
            Console.print(try JSONText.encode(found))
        case .text: show(heard, findings, recordedUntil: end)
        }
        if !findings.isEmpty { throw ExitCode.failure }
    }

    private func show(_ heard: HeardSources, _ findings: [String], recordedUntil end: Int64?) {
        let style = TextStyle.output
        if !heard.sources.isEmpty {
            Console.print(SourceText(heard.sources, now: end ?? WallClock.now).text(style, width: Console.tableWidth))
        }
        if let end { Console.print("recorded spans, judged as of their end, \(second(Timestamp.rfc3339(end)))") }
        guard !findings.isEmpty else {
            return Console.print("nothing is missing: kube-apiserver and etcd send spans")
        }
        for finding in findings {
            Console.print(finding.wrapped(style.width, hanging: 4).joined(separator: "\n"))
        }
    }

    private func ask() async throws -> HeardSources {
        let client = try daemon.client(bytesMax: Self.bytesMax)
        async let status: HeardSources.Status = client.decode("status")
        async let sources: [HeardSources.Source] = client.decode("sources")
        async let requests: [HeardSources.Request] = client.decode("requests", ["from": "-5m"])
        async let operations: [CallFindings.Operation] = client.decode("operations", ["from": "-5m"])
        async let metrics = client.metrics()
        return try await HeardSources(
            status: status, sources: sources, requests: requests, operations: operations,
            refusals: RefusedExports.read(metrics))
    }

    /// Of an answer; the metrics of many series are the largest.
    private static let bytesMax = 32 << 20

    private func second(_ time: String) -> String {
        Timestamp.parse(rfc3339: time).map { Timestamp.rfc3339($0 / 1_000_000_000 * 1_000_000_000) } ?? ""
    }
}
