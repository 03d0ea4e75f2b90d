package import Engine
import Logging
package import NIOCore
import NIOPosix
package import OTLP
package import Pipeline
package import Receivers
package import Recording
package import Scrape
import Synchronization
package import Traces

/// Decodes export requests and appends them to the pipeline, on the thread that received them.
package final class LiveTraceService: TraceService {
    private let pipeline: Pipeline
    private let recorder: ArchiveRecorder?
    private let bodies: RecentBodies
    private let admission: Admission
    private let workers: ThreadWorkers
    /// The transports that are listened on, whose refusals the scrape has.
    private let transports: [Transport]
    private let log: RateLimitedLog
    private let refusalCounts = Mutex<[Refusal: Int]>([:])

    /// Time for the archive's queue to drain.
    private static let retrySeconds = 1
    /// Bytes of columns per byte of body; columns double as they grow.
    private static let decodedBytesPerByte = 2

    /// Why and where a request was refused, before any of its spans was counted.
    struct Refusal: Hashable, Sendable {
        var transport: Transport
        var reason: RefusalReason
    }

    /// - Parameters:
    ///   - admission: bounds the bodies decoded at a time.
    ///   - services: which services have which role.
    ///   - recorder: nil if nothing is recorded. - transports: those that are listened on.
    package init(
        _ pipeline: Pipeline, admission: Admission, services: ServiceNames, recorder: ArchiveRecorder?,
        bodies: RecentBodies, transports: [Transport], log: RateLimitedLog
    ) {
        workers = ThreadWorkers(services: services)
        self.pipeline = pipeline
        self.admission = admission
        self.log = log
        self.recorder = recorder
        self.bodies = bodies
        self.transports = transports
    }

    package func export(_ body: RawSpan, encoding: OTLPEncoding) -> Export {
        // Decoded columns count as well. A single large body always fits.
        var room = Reservation(admission)
        if let refusal = room.grow(by: min(body.byteCount * Self.decodedBytesPerByte, admission.limit / 2)) {
            return Export(.unavailable(retryAfterSeconds: Self.retrySeconds), refusal: refusal)
        }
        do throws(DecodeError) {
            switch encoding {
            case .protobuf: return try export(body)
            case .json:
                let message = try OTLPJSON.wireFormat(of: body)
                return try unsafe export(message.span.bytes)
            }
        } catch {
            return Export(.malformed(message: error.description(of: body)))
        }
    }

    private func export(_ message: RawSpan) throws(DecodeError) -> Export {
        var recording: Recording?
        if let recorder {
            guard let admitted = recorder.admit(message.byteCount) else {
                return Export(.unavailable(retryAfterSeconds: Self.retrySeconds))
            }
            recording = admitted
        }
        defer { recording?.finish() }
        return try workers.current.decode(message) { batch in
            let arrival = WallClock.now
            recording?.take(message, batch, arrival: arrival)
            let outcome = pipeline.append(batch, arrival: arrival) { recording?.append() }
            bodies.keep(message, batch, arrival: arrival)
            let rejected = outcome.rejections.total
            return Export(
                rejected == 0 ? .accepted : .partial(rejectedSpans: rejected, message: outcome.rejections.message),
                durability: recording?.durability)
        }
    }

    package func refused(transport: Transport, reason: RefusalReason, peer: SocketAddress?, explanation: String?) {
        refusalCounts.withLock { $0[Refusal(transport: transport, reason: reason), default: 0] += 1 }
        log.note(.warning, "refused", cause: "refused \(transport.rawValue) \(reason.rawValue)") {
            var metadata: Logger.Metadata = [
                "transport": "\(transport.rawValue)", "reason": "\(reason.rawValue)",
                "peer": "\(Self.text(peer))",
            ]
            if let because = reason.explanation ?? explanation { metadata["because"] = "\(because)" }
            return metadata
        }
    }

    private static func text(_ peer: SocketAddress?) -> String {
        guard let peer, let host = peer.ipAddress else { return "unknown" }
        return "\(ListenAddress(host: host, port: peer.port ?? 0))"
    }

    var refusals: [Refusal: Int] { refusalCounts.withLock { $0 } }
}

extension LiveTraceService {
    package static let metrics = MetricTable<LiveTraceService>([
        .family(
            "faultline_requests_refused", .counter, labels: ["transport", "reason"],
            help: "Requests or connections refused, by reason."
        ) { service, exposition in
            let refusals = service.refusals
            for transport in service.transports {
                for reason in RefusalReason.allCases {
                    let count = refusals[Refusal(transport: transport, reason: reason)] ?? 0
                    exposition.sample(Double(count), [transport.rawValue, reason.rawValue])
                }
            }
        },
        .gauge(
            "faultline_ingest_inflight_bytes", unit: "bytes",
            help: "Bytes of export requests in flight, and of what they are decoded to."
        ) { $0.admission.bytesInFlight },
    ])
}

/// One worker per thread, used by that thread alone.
struct ThreadWorkers: @unchecked Sendable {
    private let variable = ThreadSpecificVariable<IngestWorker>()
    private let services: ServiceNames

    /// - Parameter services: which services have which role.
    init(services: ServiceNames) {
        self.services = services
    }

    var current: IngestWorker {
        if let worker = variable.currentValue { return worker }
        let worker = IngestWorker(services: services)
        variable.currentValue = worker
        return worker
    }
}

/// Decodes bodies into a reusable batch. Each thread that receives bodies has one.
final class IngestWorker {
    private var batch = SpanBatch()
    private let decoder: SpanDecoder

    /// A batch that held more spans than this is released.
    private static let spansKept = 65_536

    init(services: ServiceNames) {
        decoder = SpanDecoder(services: services)
    }

    /// Decodes a body and passes on the batch. A malformed body is refused as a whole.
    func decode<Result>(
        _ body: RawSpan, _ take: (borrowing SpanBatch) -> Result
    ) throws(DecodeError) -> Result {
        batch.removeAll()
        if batch.columns.capacity > Self.spansKept { batch = SpanBatch() }
        try decoder.decode(body, into: &batch)
        return take(batch)
    }
}
