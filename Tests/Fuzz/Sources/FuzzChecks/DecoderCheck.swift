import Engine
import OTLP
import TestSupport

/// Compares the span decoder with libprotobuf-c: both must accept the same bodies and produce the same columns. What
/// is decoded goes into windows.
package enum DecoderCheck {
    /// The deepest nesting that libprotobuf-c is given: more would overflow its stack.
    private static let depthMax = 100

    package static func check(_ body: RawSpan) throws(Finding) {
        let shape = WireShape(body)
        var batch = SpanBatch(capacity: 1)
        let failure = decode(body, into: &batch)
        if shape.valueDepth > depthMax {
            return try require(failure != nil, "values nested \(shape.valueDepth) deep are taken")
        }
        let reference = ReferenceDecoder.decode(body.array)
        if let failure {
            if failure.code == .invalidTag, shape.hasInvalidTag { return }
            if failure.code == .wrongWireType, shape.hasOddBool { return }
            return try require(reference == nil, "refused, but libprotobuf-c takes it: \(failure)")
        }
        guard let reference else {
            return try require(
                shape.hasLongLength || shape.hasSeveralValues, "taken, but libprotobuf-c refuses it")
        }
        try compare(batch, with: reference, isErrorComparable: !shape.hasSeveralStatuses)
        try WindowCheck.check(batch)
        try checkReuse(of: &batch, for: body)
    }

    private static func decode(_ body: RawSpan, into batch: inout SpanBatch) -> DecodeError? {
        do throws(DecodeError) {
            try SpanDecoder().decode(body, into: &batch)
            return nil
        } catch {
            return error
        }
    }

    /// A batch that is cleared and reused decodes the same.
    private static func checkReuse(of batch: inout SpanBatch, for body: RawSpan) throws(Finding) {
        let (spans, rejections, operations) = (batch.count, batch.rejections, batch.operationCount)
        batch.removeAll()
        let failure = decode(body, into: &batch)
        try require(
            failure == nil && batch.count == spans && batch.rejections == rejections
                && batch.operationCount == operations, "a batch used again takes other spans")
    }

    // MARK: Columns

    private static func compare(
        _ batch: borrowing SpanBatch, with reference: [ReferenceSpan], isErrorComparable: Bool
    ) throws(Finding) {
        let acceptable = reference.filter(\.isAcceptable)
        let (count, rejected) = (batch.count, batch.rejections.total)
        try require(count == acceptable.count, "\(count) spans instead of \(acceptable.count)")
        try require(rejected == reference.count - count, "\(rejected) rejected spans of \(reference.count)")
        for (index, span) in acceptable.enumerated() {
            try compareNumbers(batch.columns.row(index), with: span, isErrorComparable)
            try compareNames(batch, batch.columns.row(index), with: span)
            let duration = batch.columns.duration[index]
            let code = Int(batch.columns.bucket[index])
            try require(
                duration <= LatencyBucket.shared.upperBound(code)
                    && (code == 0 || duration > LatencyBucket.shared.upperBound(code - 1)),
                "\(duration) ns is not in bucket \(code)")
        }
    }

    private static func compareNumbers(
        _ row: SpanRow, with span: ReferenceSpan, _ isErrorComparable: Bool
    ) throws(Finding) {
        func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        try require(
            row.traceHigh == number(span.traceID[0..<8]) && row.traceLow == number(span.traceID[8..<16])
                && row.spanID == number(span.spanID[...]) && row.parentID == number(span.parentID[...]),
            "other ids than \(span): \(row)")
        try require(
            row.start == Int64(span.start) && row.duration == Int64(span.end - span.start),
            "other times than \(span): \(row)")
        try require(
            row.flags.isError == span.isError || !isErrorComparable, "another error flag than \(span): \(row)")
    }

    private static func compareNames(
        _ batch: borrowing SpanBatch, _ row: SpanRow, with span: ReferenceSpan
    ) throws(Finding) {
        let kind = SpanKind(rawValue: UInt8(exactly: span.kind) ?? 0) ?? .unspecified
        let names = batch.withOperation(Int(row.operation)) { ($0.array, $1.array, $2) }
        try require(
            names.0 == Array(span.service.prefix(SpanBatch.nameBytesMax))
                && names.1 == Array(span.name.prefix(SpanBatch.nameBytesMax)) && names.2 == kind,
            "another operation than \(span): \(names)")
        let source = batch.withSource(Int(row.source)) { [$0.array, $1.array, $2.array] }
        try require(source == span.source, "another source than \(span): \(source)")
        let isRequest =
            kind == .server && ["apiserver", "kube-apiserver"].map { Array($0.utf8) }.contains(span.service)
        try require((row.request > 0) == isRequest, "request labels of \(span): \(row.request)")
        if isRequest {
            let length = batch.withRequest(Int(row.request) - 1) { key, _ in key.byteCount }
            try require(length >= 3 && length <= 3 * 254, "request labels of \(length) bytes")
        } else {
            try require(!row.flags.isLongRunning, "long-running, but no request: \(span)")
        }
    }
}
