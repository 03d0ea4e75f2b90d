internal import NIOHTTP1

/// Why bytes that have come are no request that anything could be asked with. It is the last thing of its connection.
struct HTTPFault: Error, Equatable {
    let status: HTTPResponseStatus
    let message: String
    let reason: RefusalReason

    init(_ status: HTTPResponseStatus, _ message: String, _ reason: RefusalReason) {
        self.status = status
        self.message = message
        self.reason = reason
    }

    /// - Parameter opening: what the connection began with.
    init(_ error: any Error, opening: ClientProtocol, limits: ReceiverLimits) {
        switch opening {
        case .tls:
            self.init(.badRequest, "this port takes plain HTTP; the client began a TLS handshake", .tls)
        case .http2:
            self.init(
                .httpVersionNotSupported, "this port takes HTTP/1.1; OTLP over gRPC has a port of its own", .http2)
        case .unknown where error as? HTTPParserError == .invalidMethod:
            self.init(.badRequest, "what came is no HTTP request", .protocolError)
        case .http1, .unknown:
            self.init(error as? HTTPParserError ?? .unknown, limits)
        }
    }

    private init(_ error: HTTPParserError, _ limits: ReceiverLimits) {
        switch error {
        case .headerOverflow:
            self.init(
                .requestHeaderFieldsTooLarge,
                "the request line and all header fields have \(limits.headerBytes) bytes at most each, and there are "
                    + "\(limits.headerFields) fields at most", .headersTooLarge)
        case .invalidMethod:
            self.init(.notImplemented, "the request's method is unknown", .wrongMethod)
        case .invalidVersion:
            self.init(
                .httpVersionNotSupported, "the request line ends with HTTP/1.1 or HTTP/1.0, and CR LF", .protocolError)
        case .invalidURL, .invalidHost, .invalidPort, .invalidPath, .invalidQueryString, .invalidFragment:
            self.init(
                .badRequest, "the request's target is a path, or an address that begins with http://", .protocolError)
        case .invalidContentLength, .unexpectedContentLength:
            self.init(
                .badRequest, "Content-Length is one whole number, and there is none beside Transfer-Encoding",
                .protocolError)
        case .invalidChunkSize:
            self.init(.badRequest, "the size of a chunk is a hexadecimal number", .protocolError)
        case .invalidEOFState, .closedConnection:
            self.init(.badRequest, "the connection ended within the request", .protocolError)
        case .invalidHeaderToken, .lfExpected:
            self.init(
                .badRequest,
                "a header field is a name, a colon right behind it and a value, on one line that ends with CR LF",
                .protocolError)
        default:
            // The decoder's error for both of these.
            self.init(
                .badRequest, "Content-Length and Transfer-Encoding exclude each other, and lines end with CR LF",
                .protocolError)
        }
    }
}
