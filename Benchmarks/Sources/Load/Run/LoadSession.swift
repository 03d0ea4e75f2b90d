import ArgumentParser
import Dispatch
import Foundation
import NIOCore
import NIOPosix
import SpanTemplates

/// A run from the command line: prepares and sends requests, watches the daemon, and reports.
struct LoadSession {
    private let command: FaultlineLoad
    private let settings: LoadSettings
    private let source: RequestSource
    private let group: MultiThreadedEventLoopGroup
    private let observation: Observation?
    private let server: ServerProcess?

    init(_ command: FaultlineLoad, settings: LoadSettings) throws {
        self.command = command
        self.settings = settings
        var requests = try Capture(command.archives).requests
        if let size = command.requestBytes { requests = try Recut.cut(requests, to: size) }
        var templates: [RequestTemplate] = []
        for request in requests {
            templates.append(try RequestTemplate(request, prefixLength: ReadyRequest.prefixLength))
        }
        if let count = command.requests {
            let compressor = settings.gzipLevel.map { GzipCompressor(level: $0) }
            source = RequestSource(templates, count: count, compressor: compressor)
        } else {
            source = RequestSource(templates, spansPerSecond: settings.spansPerSecond)
        }
        group = MultiThreadedEventLoopGroup(numberOfThreads: command.threads)
        observation = try command.metrics.map { url in
            guard let observation = Observation(url: url, group: .singletonMultiThreadedEventLoopGroup) else {
                throw ValidationError("--metrics is a URL such as http://127.0.0.1:9464/metrics")
            }
            return observation
        }
        server = try command.serverPID.map { id in
            guard let process = ServerProcess(id: id) else { throw ValidationError("there is no process \(id)") }
            return process
        }
    }

    func run() async throws -> LoadReport {
        let before = try await observation?.scrape()
        let sender = ServerProcess.ownCPUNanoseconds
        let serverBefore = server?.cpuNanoseconds
        let begun = NIODeadline.now()
        let run = try await LoadRun.begin(settings, source: source, group: group)
        let interruption = stopOnInterrupt(run)
        let watching = Task { try await watch(run, since: begun, from: before) }
        try await run.end()
        let seconds = Double((NIODeadline.now() - begun).nanoseconds) / 1e9
        let serverAfter = server?.cpuNanoseconds
        let senderAfter = ServerProcess.ownCPUNanoseconds
        interruption.cancel()
        watching.cancel()
        var memory = try await watching.value
        let tally = try await run.tally()
        var report = LoadReport(
            tally, seconds: seconds, senderNanoseconds: senderAfter - sender,
            serverNanoseconds: serverAfter.flatMap { after in serverBefore.map { after - $0 } })
        if let before, let observation {
            report.daemon = await compare(before, observation, tally, seconds, &memory)
            report.isUnobserved = report.daemon == nil
        }
        try await group.shutdownGracefully()
        return report
    }

    /// nil if the daemon no longer answers: the rest is still worth a report.
    private func compare(
        _ before: DaemonScrape, _ observation: Observation, _ tally: Tally, _ seconds: Double,
        _ memory: inout MemoryWatch
    ) async -> LoadReport.Daemon? {
        do {
            let after = try await observation.scrape()
            memory.add(after, at: seconds)
            return LoadReport.Daemon(
                before: before, after: after, acknowledged: tally.accepted.spans, seconds: seconds, memory: memory)
        } catch {
            FileHandle.standardError.write(Data("the daemon's metrics can't be read: \(error)\n".utf8))
            return nil
        }
    }

    /// Prints the progress until it is cancelled.
    private func watch(
        _ run: LoadRun, since begun: NIODeadline, from before: DaemonScrape?
    ) async throws -> MemoryWatch {
        var memory = MemoryWatch(settled: command.settled)
        if let before { memory.add(before, at: 0) }
        guard !command.json || observation != nil else { return memory }
        while (try? await Task.sleep(for: .seconds(command.every))) != nil {
            let tally = try await run.tally()
            let seconds = Double((NIODeadline.now() - begun).nanoseconds) / 1e9
            let refused = tally.refused.values.reduce(0) { $0 + $1.requests }
            var line =
                "\(Int(seconds)) s: \(tally.accepted.spans) spans accepted, "
                + "\(Int(Double(tally.accepted.spans) / seconds)) spans/s, \(refused) requests refused, "
                + "\(tally.lost.requests) lost"
            // A failed scrape doesn't end the run; the counters will show what was lost.
            if let scrape = try? await observation?.scrape() {
                memory.add(scrape, at: seconds)
                line += ", \(scrape.residentBytes >> 10) KiB resident, \(scrape.windowSpans) spans in the window"
                if memory.isFull { line += ", full" }
            }
            FileHandle.standardError.write(Data((line + "\n").utf8))
        }
        return memory
    }

    /// An interrupted run still waits for answers and reports.
    private func stopOnInterrupt(_ run: LoadRun) -> any DispatchSourceSignal {
        signal(SIGINT, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGINT)
        source.setEventHandler { run.stop() }
        source.resume()
        return source
    }
}

/// All connections of a run, from the first request to the last answer.
struct LoadRun: Sendable {
    private let connections: [NIOLoopBound<LoadConnection>]
    private let loops: [any EventLoop]
    private let finished: [EventLoopFuture<Void>]

    /// Connects and starts sending.
    static func begin(_ settings: LoadSettings, source: RequestSource, group: any EventLoopGroup) async throws
        -> LoadRun
    {
        let loops = (0..<settings.connections).map { _ in group.next() }
        var connections: [NIOLoopBound<LoadConnection>] = []
        var finished: [EventLoopFuture<Void>] = []
        // Each connection has its part of the rate; they begin one after another, so that the first requests have it too.
        let between = settings.spansPerSecond.map { source.spansPerRequest / $0 } ?? 0
        let now = NIODeadline.now()
        for (number, loop) in loops.enumerated() {
            let seconds = min(between * Double(number), FaultlineLoad.secondsMax)
            let begun = now + .nanoseconds(Int64(seconds * 1e9))
            let promise = loop.makePromise(of: Void.self)
            finished.append(promise.futureResult)
            connections.append(
                try await loop.submit {
                    let connection = LoadConnection(
                        settings, source: source, begun: begun, loop: loop, finished: promise)
                    connection.start()
                    return NIOLoopBound(connection, eventLoop: loop)
                }.get())
        }
        return LoadRun(connections: connections, loops: loops, finished: finished)
    }

    /// Stops sending. `end` returns when all outstanding requests are answered.
    func stop() {
        for (connection, loop) in zip(connections, loops) { loop.execute { connection.value.stop() } }
    }

    func end() async throws {
        for future in finished { try await future.get() }
    }

    func tally() async throws -> Tally {
        var total = Tally()
        for (connection, loop) in zip(connections, loops) {
            total.add(try await loop.submit { connection.value.tally }.get())
        }
        return total
    }
}
