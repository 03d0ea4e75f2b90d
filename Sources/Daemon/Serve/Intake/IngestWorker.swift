import Engine
import NIOPosix
import OTLP

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

    /// Decodes a body and passes on the batch. Takes nothing of a malformed body.
    func decode<Result>(
        _ body: RawSpan, _ take: (borrowing SpanBatch) -> Result
    ) throws(DecodeError) -> Result {
        batch.removeAll()
        if batch.columns.capacity > Self.spansKept { batch = SpanBatch() }
        try decoder.decode(body, into: &batch)
        return take(batch)
    }
}
