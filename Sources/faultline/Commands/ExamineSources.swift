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
        /// Of which clusters it is too early to tell; null if of none.
        @OrNull var too_early: String?
    }

    func run() async throws {
        let heard: HeardSources
        do {
            heard = try await ask()
        } catch let refusal as DaemonClient.AnswerError {
            Console.remark(refusal.message)
            throw ExitCode.failure
        }
        let end = heard.status.recordingEnd
        let now = heard.status.clock ?? WallClock.now
        let examiner = SourceFindings(now: now)
        let findings = examiner.sentences(heard)
        let early = examiner.tooEarly(heard)
        switch format {
        case .json:
            let found = Examination(
                recorded_until: end.map { Timestamp.rfc3339($0) }, sources: heard.sources, findings: findings,
                too_early: early)
            Console.print(try JSONText.encode(found))
        case .text: show(heard, findings, early, at: now, recordedUntil: end)
        }
        if !findings.isEmpty { throw ExitCode.failure }
    }

    private func show(
        _ heard: HeardSources, _ findings: [String], _ early: String?, at now: Int64, recordedUntil end: Int64?
    ) {
        let style = TextStyle.output
        if !heard.sources.isEmpty {
            Console.print(SourceText(heard.sources, now: now).text(style, width: Console.tableWidth))
        }
        if let end { Console.print("recorded spans, judged as of their end, \(second(Timestamp.rfc3339(end)))") }
        if let early { Console.print(early.wrapped(style.width, hanging: 4).joined(separator: "\n")) }
        guard !findings.isEmpty || early != nil else {
            return Console.print("nothing is missing: kube-apiserver and etcd send spans")
        }
        for finding in findings {
            Console.print(finding.wrapped(style.width, hanging: 4).joined(separator: "\n"))
        }
    }

    private func ask() async throws -> HeardSources {
        let client = try daemon.client()
        async let metrics = client.metrics(of: [RefusedExports.metric, SetBackSpans.metric])
        let status: HeardSources.Status = try await client.decode("status")
        let sources: [HeardSources.Source] = try await client.decode("sources")
        let settled = SettledTime.range(sources, now: status.clock ?? WallClock.now)
        async let requests: [HeardSources.Request] = Self.rows("requests", of: client, in: settled)
        async let operations: [CallFindings.Operation] = Self.rows("operations", of: client, in: settled)
        return try await HeardSources(
            status: status, sources: sources, requests: requests, operations: operations,
            refusals: RefusedExports.read(metrics), setBack: SetBackSpans.read(metrics))
    }

    /// Rows of an API resource; none without a range of span ends, Unix nanoseconds.
    private static func rows<Row: Decodable & Sendable>(
        _ resource: String, of client: DaemonClient, in range: Range<Int64>?
    ) async throws -> [Row] {
        guard let range else { return [] }
        let (from, to) = (Timestamp.rfc3339(range.lowerBound), Timestamp.rfc3339(range.upperBound))
        return try await client.decode(resource, ["from": from, "to": to])
    }

    private func second(_ time: String) -> String {
        Timestamp.parse(rfc3339: time).map { Timestamp.rfc3339($0 / 1_000_000_000 * 1_000_000_000) } ?? ""
    }
}
