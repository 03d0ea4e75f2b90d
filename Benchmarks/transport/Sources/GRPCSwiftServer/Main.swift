import GRPCCore
import GRPCNIOTransportHTTP2Posix

/// `grpc-swift-server PORT`: receives Export calls with grpc-swift-2 and answers each with an empty message. It decodes nothing, so
/// that only the transport is measured.
@main
enum Main {
    static func main() async throws {
        guard let port = CommandLine.arguments.dropFirst().first.flatMap({ Int($0) }) else {
            print("usage: grpc-swift-server PORT")
            return
        }
        let transport = HTTP2ServerTransport.Posix(
            address: .ipv4(host: "127.0.0.1", port: port), transportSecurity: .plaintext,
            config: .defaults { config in
                // The defaults cost two to three times as much with large requests.
                config.http2.targetWindowSize = 4 << 20
                config.http2.maxFrameSize = 1 << 16
            })
        try await GRPCServer(transport: transport, services: [Export()]).serve()
    }
}

private struct Export: RegistrableRPCService {
    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        router.registerHandler(
            forMethod: MethodDescriptor(
                fullyQualifiedService: "opentelemetry.proto.collector.trace.v1.TraceService", method: "Export"),
            deserializer: ByteCount(), serializer: EmptyMessage()
        ) { request, _ in
            for try await _ in request.messages {}
            return StreamingServerResponse(single: ServerResponse(message: 0))
        }
    }
}

/// Reads nothing but the length of a message.
private struct ByteCount: MessageDeserializer {
    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> Int {
        unsafe bytes.withUnsafeBytes { $0.count }
    }
}

/// An empty `ExportTraceServiceResponse`.
private struct EmptyMessage: MessageSerializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: Int) throws -> Bytes {
        Bytes(repeating: 0, count: 0)
    }
}
