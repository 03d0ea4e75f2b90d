import ArgumentParser
import Daemon
import Foundation
import Logging
import Pipeline
import Receivers
import Replay
import Support
import Traces

/// `faultline view`: the page over recorded spans.
struct ViewArchives: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "view",
        abstract: "Show recorded spans in a browser: the page, the query API and Jaeger's, without a daemon.",
        discussion: """
            Replays archives as replay does, and prints the URL of the page once it can be opened. Questions \
            relative to now are relative to the last span. Ctrl-C ends it.
            """)

    @OptionGroup var input: ReplayOptions

    @Option(
        help: ArgumentHelp("The address for the browser; by default a free port of 127.0.0.1.", valueName: "address"),
        transform: ListenAddress.init(argument:))
    var listen = ListenAddress(host: "127.0.0.1", port: 0)

    @Flag(help: "Show the spans to every machine that can reach the address.")
    var insecureListen = false

    func validate() throws {
        if input.archives.contains("-") {
            throw ValidationError("archives are read more than once, so standard input can't be viewed: name a file")
        }
    }

    func run() async throws {
        var settings = try input.settings(sendsAlerts: false)
        settings.configuration.insecureListen = insecureListen || settings.configuration.insecureListen
        try Ending.reporting { try StartCheck.run(viewing: settings.configuration, on: listen) }
        let selected = try input.range()
        let replay = try input.replay(settings, endingIn: selected)
        if Interruption.isRequested { throw ExitCode.interrupted }
        _ = input.report(replay)
        guard let range = replay.pipeline.summary().ends else { throw ExitCode.failure }
        let bodies = RecentBodies(limit: settings.configuration.traceBytes)
        let archives = try Ending.reporting { try ArchiveNames(input.archives).all }
        try Ending.reporting { try bodies.keep(recordsOf: archives, endingIn: selected) }
        // What exceeds memory is read from the archives when it is asked for.
        let recorded = RecordedTraces(searching: selected) {
            archives.map { RecordedTraces.File(path: $0, modified: .max) }
        }
        // Questions leave out what ends at their end.
        let now = min(replay.clock, TimeLimits.latest - 1) / 1_000_000_000 * 1_000_000_000 + 1_000_000_000
        let server = ArchiveServer(
            replay.pipeline, traces: WholeTraces(bodies, recorded: recorded), configuration: settings.configuration,
            range: range, now: now,
            logger: Logger(label: "faultline") { _ in SwiftLogNoOpLogHandler() })
        try await Ending.reporting {
            try await server.run(on: listen) { address in Console.print("http://\(address)/") }
        }
    }
}
