import OTLP

/// The `google.rpc.Status` of a failed call, for both protocols.
struct RPCStatus: Equatable, Sendable {
    /// The codes in use, with gRPC's numbers. OTLP defines which of them a client retries. RESOURCE_EXHAUSTED never
    /// carries RetryInfo here, so that a batch over the limit isn't sent over and over.
    enum Code: Int32, Sendable {
        case invalidArgument = 3
        case deadlineExceeded = 4
        case notFound = 5
        case resourceExhausted = 8
        case unimplemented = 12
        case `internal` = 13
        case unavailable = 14
        case unauthenticated = 16
    }

    /// Longest message, in characters. Percent-encoding in a header takes up to twelve times as many bytes, and clients
    /// limit the headers that they read to 8 KiB.
    private static let longestMessage = 400

    let code: Code
    let message: String
    /// Only with `.unavailable`.
    let retryAfterSeconds: Int?

    init(_ code: Code, _ message: String, retryAfterSeconds: Int? = nil) {
        self.code = code
        let isLong = message.count > Self.longestMessage
        self.message = isLong ? message.prefix(Self.longestMessage) + "…" : message
        self.retryAfterSeconds = retryAfterSeconds
    }

    /// What was wrong with the request, for the log; nil if nothing was.
    var explanation: String? { code == .unavailable ? nil : message }

    func body(_ encoding: OTLPEncoding) -> [UInt8] {
        ExportReply.status(
            code: code.rawValue, message: message, retryAfterSeconds: retryAfterSeconds, encoding: encoding)
    }

    static func tooLarge(limit: Int) -> RPCStatus {
        RPCStatus(.resourceExhausted, "the request is larger than \(limit) bytes")
    }

    static func badRatio(limit: Int) -> RPCStatus {
        RPCStatus(
            .resourceExhausted, "the request is more than \(limit) times larger decompressed than compressed")
    }

    static func busy(retryAfterSeconds: Int) -> RPCStatus {
        RPCStatus(
            .unavailable, "the receiver is overloaded; retry in \(retryAfterSeconds) s",
            retryAfterSeconds: retryAfterSeconds)
    }
}
