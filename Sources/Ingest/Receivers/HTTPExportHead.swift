internal import HTTPTypes
import OTLP

/// What the head of an OTLP/HTTP request asks for, checked against what there is.
struct HTTPExportHead: Equatable {
    static let path = "/v1/traces"

    struct HeadError: Error, Equatable {
        var status: HTTPResponse.Status
        var rpc: RPCStatus
        var reason: RefusalReason
        /// The encoding to answer in.
        var encoding: OTLPEncoding
        /// Whether the body, or some of it, is still to come.
        var leavesBody: Bool

        init(
            _ status: HTTPResponse.Status, _ rpc: RPCStatus, _ reason: RefusalReason,
            _ encoding: OTLPEncoding, leavesBody: Bool = true
        ) {
            self.status = status
            self.rpc = rpc
            self.reason = reason
            self.encoding = encoding
            self.leavesBody = leavesBody
        }
    }

    var encoding: OTLPEncoding
    var isGzip: Bool
    /// Announced length of the body, bytes; nil for a chunked one.
    var contentLength: Int?

    init(_ request: HTTPRequest, limits: ReceiverLimits) throws(HeadError) {
        let named = request.headerFields[.contentType].flatMap(Self.encoding)
        // A person with a browser reads JSON, and every client must cope with any status in any case.
        let answer = named ?? .json
        let path = request.path.map { $0.prefix { $0 != "?" } } ?? ""
        guard path == Self.path else {
            throw HeadError(.notFound, RPCStatus(.notFound, "no such path: \(path)"), .unknownPath, answer)
        }
        guard request.method == .post else {
            let status = RPCStatus(.unimplemented, "\(Self.path) takes POST only")
            throw HeadError(.methodNotAllowed, status, .wrongMethod, answer)
        }
        guard let named else {
            let status = RPCStatus(
                .invalidArgument, "Content-Type must be application/x-protobuf or application/json")
            throw HeadError(.unsupportedMediaType, status, .wrongContentType, answer)
        }
        encoding = named
        switch request.headerFields[.contentEncoding]?.lowercased() {
        case nil, "identity": isGzip = false
        case "gzip": isGzip = true
        case .some(let other):
            let status = RPCStatus(.invalidArgument, "Content-Encoding is gzip, or left out; \(other) is not supported")
            throw HeadError(.unsupportedMediaType, status, .unknownEncoding, answer)
        }
        contentLength = request.headerFields[.contentLength].flatMap { Int($0) }
        if let contentLength, contentLength > limits.wireBytes {
            throw HeadError(.contentTooLarge, .tooLarge(limit: limits.wireBytes), .tooLarge, answer)
        }
    }

    /// The media type without its parameters, e.g. a charset.
    private static func encoding(contentType: String) -> OTLPEncoding? {
        let type = contentType.prefix { $0 != ";" && $0 != " " && $0 != "\t" }
        switch type.lowercased() {
        case "application/x-protobuf": return .protobuf
        case "application/json": return .json
        default: return nil
        }
    }
}
