internal import ServiceLifecycle

/// Both receivers as one service. A service group would stop them one after the other, but they should stop accepting
/// at the same time and share their grace time.
package struct Receivers: Service {
    private let grpc: GRPCReceiver
    private let http: HTTPReceiver

    package init(grpc: GRPCReceiver, http: HTTPReceiver) {
        self.grpc = grpc
        self.http = http
    }

    /// Serves until both have stopped. If one fails, e.g. because its port is taken, stops the other too.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await grpc.run() }
            group.addTask { try await http.run() }
            // Not waitForAll(), which reports a failure only after the other has ended.
            for try await _ in group {}
        }
    }
}
