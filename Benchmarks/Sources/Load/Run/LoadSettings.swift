import NIOCore

/// What one run does.
struct LoadSettings: Sendable {
    var kind = WireKind.grpc
    var host = "127.0.0.1"
    var port = 4317
    var connections = 4
    /// Requests under way on one connection.
    var window = 8
    /// Over all connections; nil for as many as are answered.
    var spansPerSecond: Double?
    /// nil for as long as there are requests.
    var duration: TimeAmount?
    var gzipLevel: Int?
    /// Payload of a DATA frame. Go's gRPC, which API servers and etcd send with, never sends more than 16 KiB.
    var frameBytes = 16_384
    /// How long is waited for answers once nothing more is sent.
    var patience = TimeAmount.seconds(30)
}
