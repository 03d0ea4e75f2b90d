internal import ServiceLifecycle

/// Both receivers as one service. A service group stops its services one after another; these should stop
/// accepting at the same time and share their grace time.
package struct Receivers: Service {
    private let grpc: GRPCReceiver
    private let http: HTTPReceiver

    package init(grpc: GRPCReceiver, http: HTTPReceiver) {
        self.grpc = grpc
        self.http = http
    }

    /// Serves until both have stopped; if one fails, as when its port is taken, the other is stopped too.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await grpc.run() }
            group.addTask { try await http.run() }
            // Not waitForAll(), which tells of a failure only when the other has ended too.
            for try await _ in group {}
        }
    }
}
