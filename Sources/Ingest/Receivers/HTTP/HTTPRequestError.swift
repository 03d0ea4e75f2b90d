internal import NIOHTTP1

/// Why bytes aren't a valid HTTP request. The connection ends after it.
struct HTTPRequestError: Error, Equatable {
    let status: HTTPResponseStatus
    let message: String
    let reason: RefusalReason

    init(_ status: HTTPResponseStatus, _ message: String, _ reason: RefusalReason) {
        self.status = status
        self.message = message
        self.reason = reason
    }

    /// - Parameter opening: protocol of the connection's first bytes.
    init(_ error: any Error, opening: ClientProtocol, limits: ReceiverLimits) {
        switch opening {
        case .tls:
            self.init(.badRequest, "this port takes plain HTTP; the client began a TLS handshake", .tls)
        case .http2:
            self.init(
                .httpVersionNotSupported, "this port takes HTTP/1.1; OTLP over gRPC has its own port", .http2)
        case .unknown where error as? HTTPParserError == .invalidMethod:
            self.init(.badRequest, "this is not an HTTP request", .protocolError)
        case .http1, .unknown:
            self.init(error as? HTTPParserError ?? .unknown, limits)
        }
    }

    private init(_ error: HTTPParserError, _ limits: ReceiverLimits) {
        switch error {
        case .headerOverflow:
            self.init(
                .requestHeaderFieldsTooLarge,
                "the request line and the header fields may have at most \(limits.headerBytes) bytes each, and "
                    + "there may be at most \(limits.headerFields) fields", .headersTooLarge)
        case .invalidMethod:
            self.init(.notImplemented, "the request's method is unknown", .wrongMethod)
        case .invalidVersion:
            self.init(
                .httpVersionNotSupported, "the request line must end with HTTP/1.1 or HTTP/1.0 and CR LF",
                .protocolError)
        case .invalidURL, .invalidHost, .invalidPort, .invalidPath, .invalidQueryString, .invalidFragment:
            self.init(
                .badRequest, "the request's target must be a path or a URL that starts with http://", .protocolError)
        case .invalidContentLength, .unexpectedContentLength:
            self.init(
                .badRequest, "Content-Length must be a single whole number, without Transfer-Encoding",
                .protocolError)
        case .invalidChunkSize:
            self.init(.badRequest, "the size of a chunk must be a hexadecimal number", .protocolError)
        case .invalidEOFState, .closedConnection:
            self.init(.badRequest, "the connection ended in the middle of the request", .protocolError)
        case .invalidHeaderToken, .lfExpected:
            self.init(
                .badRequest,
                "a header field must be a name, a colon right after it and a value, on one line that ends with CR LF",
                .protocolError)
        default:
            // The decoder reports the same error for both.
            self.init(
                .badRequest, "Content-Length and Transfer-Encoding exclude each other, and lines must end with CR LF",
                .protocolError)
        }
    }
}
