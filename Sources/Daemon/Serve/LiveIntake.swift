import Engine
import Ingest
import NIOConcurrencyHelpers
import NIOPosix
import Synchronization

/// Brings what the receivers receive into the pipeline, on the thread it was received on.
final class LiveIntake: TraceService {
    private let pipeline: Pipeline
    private let workers = ThreadWorkers()
    private let refusalCounts = Mutex<[Refusal: Int]>([:])

    /// Requests refused before a span of them was counted.
    struct Refusal: Hashable, Sendable {
        var transport: Transport
        var reason: RefusalReason
    }

    init(_ pipeline: Pipeline) {
        self.pipeline = pipeline
    }

    func export(_ body: RawSpan, encoding: OTLPEncoding) -> ExportOutcome {
        let worker = workers.current
        do {
            let outcome = try worker.decode(body, encoding: encoding) {
                pipeline.append($0, arrival: WallClock.now)
            }
            let rejected = outcome.rejections.total
            return rejected == 0
                ? .accepted : .partial(rejectedSpans: rejected, message: outcome.rejections.message)
        } catch {
            return .malformed(message: error.description)
        }
    }

    func refused(transport: Transport, reason: RefusalReason) {
        refusalCounts.withLock { $0[Refusal(transport: transport, reason: reason), default: 0] += 1 }
    }

    var refusals: [Refusal: Int] { refusalCounts.withLock { $0 } }
}

/// A worker for each thread that asks: one is only ever seen by its own thread.
private struct ThreadWorkers: @unchecked Sendable {
    private let variable = ThreadSpecificVariable<IngestWorker>()

    var current: IngestWorker {
        if let worker = variable.currentValue { return worker }
        let worker = IngestWorker()
        variable.currentValue = worker
        return worker
    }
}
