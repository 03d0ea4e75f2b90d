import Engine
import OTLP

/// Decodes bodies into a batch of its own, which is used again: one for each thread that bodies arrive on.
final class IngestWorker {
    private var batch = SpanBatch()
    private let decoder = SpanDecoder()

    /// A batch that once held more spans gives its memory back.
    private static let spansKept = 65_536

    init() {}

    /// Decodes a body and hands the batch on, unless the body is malformed: then nothing of it is taken.
    func decode<Result>(
        _ body: RawSpan, _ take: (borrowing SpanBatch) -> Result
    ) throws(DecodeError) -> Result {
        batch.removeAll()
        if batch.columns.capacity > Self.spansKept { batch = SpanBatch() }
        try decoder.decode(body, into: &batch)
        return take(batch)
    }
}
