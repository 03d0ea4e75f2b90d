/// OTLP over HTTP/1.1: `POST /v1/traces`, protobuf or JSON.
package struct HTTPReceiver: Sendable {
    private let listener: HTTPListener

    package init(_ listener: Listener, admission: Admission) {
        precondition(listener.transport == .http)
        let limits = listener.limits
        let export = HTTPExport(
            limits: limits, admission: admission, access: listener.access, service: listener.service)
        self.listener = HTTPListener(
            listener, wantsBody: { (try? export.check($0)) != nil },
            respond: { await export.respond(to: $0, from: $1) })
    }

    /// Serves until the task is cancelled or a graceful shutdown begins, then lets open requests finish.
    func run() async throws {
        try await listener.run()
    }
}
