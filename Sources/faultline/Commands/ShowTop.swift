import ArgumentParser
import Daemon
import Engine
import Foundation
import Live
import MCP
import Rules
import Support
import Synchronization

/// `faultline top`: the last minute of a daemon, redrawn in place.
struct ShowTop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Watch a daemon: what is wrong, where the time goes, and the requests of the last minute.",
        discussion: """
            Redrawn in place until Ctrl-C. With --once, and where the output is no terminal or a dumb one, it prints once.
            """)

    @OptionGroup var daemon: DaemonOptions

    @Option(help: ArgumentHelp("Only this cluster (k8s.cluster.name).", valueName: "name"))
    var cluster: String?

    @Flag(help: "Print once.")
    var once = false

    @Option(help: "Sort requests by count, errors, p50, p90, p99 or max.")
    var sort = RowOrder.Key.count

    @Option(
        help: ArgumentHelp("How often it is redrawn, from 500ms (2s).", valueName: "duration"),
        transform: Self.interval)
    var interval: Int64 = 2_000_000_000

    private static let rowsOnce = 20

    func run() async throws {
        let source = MinuteSource(try daemon.client(), cluster: cluster)
        if once || !Console.isOutputTerminal || Console.isDumb {
            do {
                Console.print(text.lines(try await source.ask()).joined(separator: "\n"))
            } catch let refusal as DaemonClient.AnswerError {
                Console.remark(refusal.message)
                throw ExitCode.failure
            }
            return
        }
        Interruption.watch()
        Interruption.watchTermination()
        Screen.enter()
        defer { Screen.leave() }
        let asking = Task { await source.keepAsking(every: .nanoseconds(interval)) }
        defer { asking.cancel() }
        await draw(source)
    }

    /// Draws what is new, and redraws when the terminal's size changes.
    private func draw(_ source: MinuteSource) async {
        var shown: (count: Int, width: Int, height: Int)?
        while !Interruption.isRequested {
            let (answer, count) = source.latest
            let next = (count: count, width: Console.width, height: Console.height)
            if shown.map({ $0 != next }) ?? true {
                shown = next
                Screen.draw(lines(answer, height: next.height))
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    private func lines(_ answer: Result<ShownMinute, DaemonClient.AnswerError>?, height: Int) -> [String] {
        switch answer {
        case .success(let minute): text.lines(minute, height: height)
        case .failure(let refusal): Array(refusal.message.wrapped(Console.width).prefix(height))
        case nil: ["asking \(address) …".cut(Console.width)]
        }
    }

    private var address: String { PrintableText.escape(daemon.address ?? DaemonOptions.defaultAddress) }

    private var text: TopText {
        TopText(
            style: .output, address: address, order: RowOrder(key: sort, top: Self.rowsOnce), now: WallClock.now)
    }

    /// - Throws: unless it is a duration of half a second or more; the error describes a valid one.
    private static func interval(_ text: String) throws -> Int64 {
        guard let interval = DurationText.parse(text), interval >= 500_000_000 else {
            throw ValidationError("an interval is a duration of 500ms or more, such as 2s")
        }
        return interval
    }
}

/// A daemon's last minute, queried repeatedly.
private final class MinuteSource: Sendable {
    private typealias Answer = Result<ShownMinute, DaemonClient.AnswerError>

    private let client: DaemonClient
    private let selection: [String: String]
    private let state = Mutex<(answer: Answer?, count: Int)>((nil, 0))

    /// - Parameter cluster: the only one that is shown; nil for all.
    init(_ client: DaemonClient, cluster: String?) {
        self.client = client
        selection = cluster.map { ["cluster": $0] } ?? [:]
    }

    /// The last answer, and how many there were.
    var latest: (answer: Result<ShownMinute, DaemonClient.AnswerError>?, count: Int) { state.withLock { $0 } }

    /// - Throws: `DaemonClient.AnswerError`.
    func ask() async throws -> ShownMinute {
        async let status: ShownMinute.Status = client.decode("status", selection)
        // Closed ones only if they were open a moment ago.
        async let incidents: [IncidentJSON] = client.decode(
            "incidents", selection.merging(["from": "-1s"]) { own, _ in own })
        async let alerts: [ShownMinute.Alert] = client.decode("alerts", selection)
        async let requests: [ShownMinute.Request] = client.decode(
            "requests", selection.merging(["from": "-1m"]) { own, _ in own })
        try await checkCluster(status)
        return try await ShownMinute(
            status: status, otherIncidents: Self.others(of: incidents, beside: status.incident), alerts: alerts,
            requests: requests)
    }

    private static func others(of incidents: [IncidentJSON], beside first: IncidentJSON?) -> [IncidentJSON] {
        incidents.filter { $0.closedAt == nil && $0.id != first?.id }.sorted { left, right in
            left.severity == right.severity
                ? left.culprit.certainty > right.culprit.certainty : left.severity > right.severity
        }
    }

    /// - Throws: `DaemonClient.AnswerError` if no spans are of the cluster, but some are of others.
    private func checkCluster(_ status: ShownMinute.Status) async throws {
        guard let cluster = selection["cluster"], status.last_span == nil, status.incident == nil else { return }
        let sources: [Source] = try await client.decode("sources")
        guard !sources.isEmpty, !sources.contains(where: { $0.cluster == cluster }) else { return }
        let names = Set(sources.compactMap(\.cluster)).sorted().map { PrintableText.quote($0) }
        throw DaemonClient.AnswerError(
            message: "no spans of the cluster \(PrintableText.quote(cluster)); "
                + (names.isEmpty
                    ? "the spans name no cluster" : "clusters with spans: \(names.joined(separator: ", "))"))
    }

    private struct Source: Decodable {
        var cluster: String?
    }

    /// Runs until it is cancelled.
    func keepAsking(every interval: Duration) async {
        while !Task.isCancelled {
            let answer: Answer
            do {
                answer = .success(try await ask())
            } catch let refusal as DaemonClient.AnswerError {
                answer = .failure(refusal)
            } catch {
                return
            }
            state.withLock { $0 = (answer, $0.count + 1) }
            try? await Task.sleep(for: interval)
        }
    }
}

/// The terminal while something is drawn on it: its second screen, without a cursor.
private enum Screen {
    static func enter() { Console.draw("\u{1B}[?1049h\u{1B}[?25l") }

    static func leave() { Console.draw("\u{1B}[?25h\u{1B}[?1049l") }

    /// Lines that fit the terminal. Each is drawn over the one before, so that nothing flickers.
    static func draw(_ lines: [String]) {
        Console.draw("\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J")
    }
}
