internal import HTTPTypes
import OTLP

/// The head of an OTLP/HTTP request, checked to be an export request.
struct HTTPExportHead: Equatable {
    static let path = "/v1/traces"

    var encoding: OTLPEncoding
    var isGzip: Bool
    /// Announced length of the body in bytes; nil if it is chunked.
    var contentLength: Int?

    init(_ request: HTTPRequest, limits: ReceiverLimits) throws(HTTPExportError) {
        let named = request.headerFields[.contentType].flatMap(Self.encoding)
        let answer = Self.answer(request)
        let path = request.path.map { $0.prefix { $0 != "?" } } ?? ""
        guard path == Self.path else {
            throw HTTPExportError(.notFound, RPCStatus(.notFound, "no such path: \(path)"), .unknownPath, answer)
        }
        guard request.method == .post else {
            let status = RPCStatus(.unimplemented, "\(Self.path) takes POST only")
            throw HTTPExportError(.methodNotAllowed, status, .wrongMethod, answer)
        }
        guard let named else {
            let status = RPCStatus(
                .invalidArgument, "Content-Type must be application/x-protobuf or application/json")
            throw HTTPExportError(.unsupportedMediaType, status, .wrongContentType, answer)
        }
        encoding = named
        switch request.headerFields[.contentEncoding]?.lowercased() {
        case nil, "identity": isGzip = false
        case "gzip": isGzip = true
        case .some(let other):
            let status = RPCStatus(
                .invalidArgument, "Content-Encoding must be gzip or absent; \(other) is not supported")
            throw HTTPExportError(.unsupportedMediaType, status, .unknownEncoding, answer)
        }
        contentLength = request.headerFields[.contentLength].flatMap { Int($0) }
        if let contentLength, contentLength > limits.wireBytes {
            throw HTTPExportError(.contentTooLarge, .tooLarge(limit: limits.wireBytes), .tooLarge, answer)
        }
    }

    /// The encoding of errors. JSON unless the client says otherwise, because people with browsers can read it. Every client
    /// must handle any status in any encoding.
    static func answer(_ request: HTTPRequest) -> OTLPEncoding {
        request.headerFields[.contentType].flatMap(encoding) ?? .json
    }

    /// Ignores parameters such as a charset.
    private static func encoding(contentType: String) -> OTLPEncoding? {
        let type = contentType.prefix { $0 != ";" && $0 != " " && $0 != "\t" }
        switch type.lowercased() {
        case "application/x-protobuf": return .protobuf
        case "application/json": return .json
        default: return nil
        }
    }
}
