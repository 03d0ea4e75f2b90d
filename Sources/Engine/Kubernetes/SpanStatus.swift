/// Whether a span failed, in every dialect in which HTTP and gRPC statuses are written on spans.
///
/// An error is a span whose status is ERROR, whose HTTP status is 500 or more, or whose gRPC code is one that
/// OpenTelemetry's semantic conventions count as a server's error.
@usableFromInline
package enum SpanStatus {
    /// OTLP `Status.code` ERROR.
    @inlinable @inline(__always)
    package static func isError(_ statusCode: Int32) -> Bool {
        statusCode == 2
    }

    package static func isHTTPError(_ status: Int64) -> Bool {
        status >= 500
    }

    /// HTTP status written as text.
    package static func isHTTPError(_ text: RawSpan) -> Bool {
        ASCII.number(text).map { isHTTPError($0) } ?? false
    }

    /// Unknown, DeadlineExceeded, Unimplemented, Internal, Unavailable, DataLoss.
    package static func isGRPCError(_ code: Int64) -> Bool {
        switch code {
        case 2, 4, 12, 13, 14, 15: true
        default: false
        }
    }

    /// A gRPC code as text: its number, or its name in either spelling (`DeadlineExceeded`, `DEADLINE_EXCEEDED`).
    package static func isGRPCError(_ text: RawSpan) -> Bool {
        if ASCII.equals(text, "OK") { return false }
        if let code = ASCII.number(text) { return isGRPCError(code) }
        return ASCII.equalsLoosely(text, "unknown") || ASCII.equalsLoosely(text, "deadlineexceeded")
            || ASCII.equalsLoosely(text, "unimplemented") || ASCII.equalsLoosely(text, "internal")
            || ASCII.equalsLoosely(text, "unavailable") || ASCII.equalsLoosely(text, "dataloss")
    }
}
