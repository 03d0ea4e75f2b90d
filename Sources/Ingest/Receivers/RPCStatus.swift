import OTLP

/// What a failed call is answered with, over either protocol: a `google.rpc.Status`.
package struct RPCStatus: Equatable, Sendable {
    /// The codes in use, numbered as in gRPC. Which of them a client retries is laid down by OTLP; RESOURCE_EXHAUSTED
    /// never carries RetryInfo here, so that a batch over the limit isn't sent again and again.
    package enum Code: Int32, Sendable {
        case invalidArgument = 3
        case deadlineExceeded = 4
        case notFound = 5
        case resourceExhausted = 8
        case unimplemented = 12
        case `internal` = 13
        case unavailable = 14
    }

    /// Longest message, in characters. Percent-encoded in a header it takes up to twelve times as many bytes,
    /// and clients bound the headers they read at 8 KiB.
    private static let longestMessage = 400

    package let code: Code
    package let message: String
    /// Present only with `.unavailable`.
    package let retryAfterSeconds: Int?

    package init(_ code: Code, _ message: String, retryAfterSeconds: Int? = nil) {
        self.code = code
        let isLong = message.count > Self.longestMessage
        self.message = isLong ? message.prefix(Self.longestMessage) + "…" : message
        self.retryAfterSeconds = retryAfterSeconds
    }

    func body(_ encoding: OTLPEncoding) -> [UInt8] {
        ExportReply.status(
            code: code.rawValue, message: message, retryAfterSeconds: retryAfterSeconds, encoding: encoding)
    }

    static func tooLarge(limit: Int) -> RPCStatus {
        RPCStatus(.resourceExhausted, "the request is larger than \(limit) bytes")
    }

    static func badRatio(limit: Int) -> RPCStatus {
        RPCStatus(
            .resourceExhausted, "the request is more than \(limit) times larger decompressed than it is compressed")
    }

    static func busy(retryAfterSeconds: Int) -> RPCStatus {
        RPCStatus(
            .unavailable, "the receiver is overloaded; retry in \(retryAfterSeconds) s",
            retryAfterSeconds: retryAfterSeconds)
    }
}
