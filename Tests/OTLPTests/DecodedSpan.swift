import Engine
import OTLP

/// A row of a batch with its names resolved, for comparison with another decoder.
struct DecodedSpan: Equatable {
    var row: SpanRow
    var service: [UInt8]
    /// Cluster, service and instance.
    var source: [[UInt8]]
    var name: [UInt8]
    var kind: SpanKind
    /// verb, group, resource, subresource and scope between zero bytes; nil if the span isn't a request.
    var request: [UInt8]?

    /// All rows of a batch, with names instead of dictionary indexes.
    static func all(_ batch: borrowing SpanBatch) -> [DecodedSpan] {
        var spans: [DecodedSpan] = []
        for index in 0..<batch.count {
            var row = batch.columns.row(index)
            let names = batch.withOperation(Int(row.operation)) { service, name, kind in
                (bytes(service), bytes(name), kind)
            }
            let request =
                row.request == 0
                ? nil
                : batch.withRequest(Int(row.request) - 1) { key, salt in
                    bytes(key) + [UInt8(salt >> 8), UInt8(salt & 255)]
                }
            let source = batch.withSource(Int(row.source)) { cluster, service, instance in
                [bytes(cluster), bytes(service), bytes(instance)]
            }
            row.operation = 0
            row.request = 0
            row.source = 0
            spans.append(
                DecodedSpan(
                    row: row, service: names.0, source: source, name: names.1, kind: names.2, request: request))
        }
        return spans
    }

    private static func bytes(_ span: RawSpan) -> [UInt8] {
        unsafe span.withUnsafeBytes { unsafe Array($0) }
    }
}

/// The decoder's result for a body; nil if it refuses the body.
func decode(_ body: [UInt8], _ read: (borrowing SpanBatch) -> Void) -> DecodeError? {
    var batch = SpanBatch()
    do throws(DecodeError) {
        try unsafe SpanDecoder().decode(body.span.bytes, into: &batch)
    } catch {
        return error
    }
    read(batch)
    return nil
}
