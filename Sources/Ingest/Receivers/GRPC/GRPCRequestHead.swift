/// The request headers of a call while they arrive, as far as they matter.
struct GRPCRequestFields {
    fileprivate var method: String?
    fileprivate var path: String?
    fileprivate var contentType: String?
    fileprivate var encoding: String?
    fileprivate var timeout: String?
    private(set) var authorization: String?

    mutating func take(_ name: String, _ value: () -> String) {
        switch name {
        case ":method": method = value()
        case ":path": path = value()
        case "content-type": contentType = value()
        case "grpc-encoding": encoding = value()
        case "grpc-timeout": timeout = value()
        case "authorization": authorization = authorization ?? value()
        default: break
        }
    }
}

/// The request headers of a call, checked to be an Export call.
struct GRPCRequestHead: Equatable {
    static let path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"

    enum Compression: Sendable {
        case identity
        case gzip
    }

    /// The compression of messages whose flag is set.
    private(set) var compression = Compression.identity
    /// The client's timeout, rounded up to seconds; nil if it has none.
    private(set) var timeoutSeconds: Int?

    init(_ fields: GRPCRequestFields) throws(GRPCHeadError) {
        timeoutSeconds = fields.timeout.flatMap(Self.seconds(timeout:))
        guard fields.method == "POST" else { throw .http(405, .wrongMethod) }
        guard let contentType = fields.contentType, Self.isGRPC(contentType) else {
            throw .http(415, .wrongContentType)
        }
        guard fields.path == Self.path else {
            throw .status(RPCStatus(.unimplemented, "unknown method \(fields.path ?? "")"), .unknownPath)
        }
        switch fields.encoding {
        case nil, "identity": break
        case "gzip": compression = .gzip
        case .some(let other):
            throw .status(
                RPCStatus(.unimplemented, "grpc-encoding \(other) is not supported"), .unknownEncoding)
        }
    }

    /// Whether a content type is gRPC's, perhaps with `+proto` or parameters; `application/grpc-web` is another protocol.
    private static func isGRPC(_ contentType: String) -> Bool {
        guard contentType.hasPrefix("application/grpc") else { return false }
        return contentType.dropFirst("application/grpc".count).first.map { "+; \t".contains($0) } ?? true
    }

    /// Parses a `grpc-timeout`: at most eight digits and a unit. A malformed one is ignored, because the receiver has
    /// its own timeout.
    static func seconds(timeout: String) -> Int? {
        guard let unit = timeout.utf8.last else { return nil }
        let digits = timeout.utf8.dropLast()
        guard (1...8).contains(digits.count), let amount = Int(Substring(digits)), amount >= 0 else {
            return nil
        }
        switch unit {
        case UInt8(ascii: "H"): return amount * 3_600
        case UInt8(ascii: "M"): return amount * 60
        case UInt8(ascii: "S"): return amount
        case UInt8(ascii: "m"): return (amount + 999) / 1_000
        case UInt8(ascii: "u"), UInt8(ascii: "n"): return 1
        default: return nil
        }
    }
}

/// Why a call is not accepted by its headers.
enum GRPCHeadError: Error, Equatable {
    /// Answer with a gRPC status, in headers that are also the trailers ("Trailers-Only").
    case status(RPCStatus, RefusalReason)
    /// Answer with a plain HTTP status, because the request isn't gRPC.
    case http(Int, RefusalReason)
}
