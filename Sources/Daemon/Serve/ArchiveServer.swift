import API
import Engine
package import Logging
import NIOCore
import OTLP
package import Pipeline
package import Receivers
import Scrape
import ServiceLifecycle
package import Traces
import UnixSignals

/// The page, the query API and Jaeger's over what was replayed. It receives nothing, and its clock is that of the last span.
package struct ArchiveServer {
    private let pipeline: Pipeline
    private let traces: WholeTraces
    private let configuration: Configuration
    private let range: ClosedRange<Int64>
    private let now: Int64
    private let logger: Logger

    private static let connectionsMax = 128

    /// - Parameters:
    ///   - range: when the first and the last span ended, Unix nanoseconds.
    ///   - now: the time that questions are relative to, Unix nanoseconds.
    package init(
        _ pipeline: Pipeline, traces: WholeTraces, configuration: Configuration, range: ClosedRange<Int64>, now: Int64,
        logger: Logger
    ) {
        self.pipeline = pipeline
        self.traces = traces
        self.configuration = configuration
        self.range = range
        self.now = now
        self.logger = logger
    }

    /// Serves until SIGTERM or SIGINT.
    ///
    /// - Parameter onListening: called with the actual address.
    /// - Throws: if the address can't be bound.
    package func run(
        on address: ListenAddress, onListening: @escaping @Sendable (ListenAddress) -> Void
    ) async throws {
        let pools = AnswerPools()
        let listener = Listener(
            address, transport: .query, limits: configuration.queryLimits,
            connections: OpenConnections(limit: Self.connectionsMax), service: NoSpans(), onBound: onListening)
        let surface = QueryServer.Surface(
            pipeline: pipeline, traces: traces, hosts: configuration.hosts,
            scrape: { [pipeline] in Self.scrape(pipeline, $0, send: $1) }, isReady: { true }, reload: nil,
            version: Version.current, now: { [now] in now }, recordedFrom: range.lowerBound)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(
                        service: QueryServer(surface, on: listener, pools: pools),
                        failureTerminationBehavior: .gracefullyShutdownGroup)
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        do {
            try await group.run()
        } catch {
            await pools.stop()
            throw error
        }
        await pools.stop()
    }

    /// Only what is known about the spans, since there is no daemon.
    private static let table = MetricTable<Pipeline>(joining: [
        EngineMetrics.table.read { EngineMetrics($0, hasExemplars: $1) },
        WindowMetrics.table.read { $0.windowGauges() },
        AlertMetrics.table.read { $0.evaluation },
        IncidentMetrics.table.read { $0.evaluation },
        Version.metrics.read { _ in () },
        ProcessMetrics.table.read { _ in ProcessMetrics() },
    ])

    private static func scrape(
        _ pipeline: Pipeline, _ format: ExpositionFormat, send: @escaping ([UInt8]) -> Bool
    ) {
        var exposition = Exposition(format, send: send)
        table.write(pipeline, to: &exposition)
        exposition.finish()
    }
}

/// Takes no spans: nothing listens for them.
private struct NoSpans: TraceService {
    func export(_ body: RawSpan, encoding: OTLPEncoding) -> Export {
        Export(.malformed(message: "recorded spans are shown here; faultline serve receives spans"))
    }

    func refused(transport: Transport, reason: RefusalReason, peer: SocketAddress?, explanation: String?) {}
}

extension Configuration {
    /// Limits on the scrape's and the API's clients.
    var queryLimits: ReceiverLimits {
        var limits = receivers
        // The time until a query has its answer.
        limits.replySeconds = 60
        return limits
    }

    /// Bytes of single traces that are kept, whatever the machine.
    package var traceBytes: Int { explicitMemory[.traces] ?? MemoryBudget.standard[.traces] }
}
