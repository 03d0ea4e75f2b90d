import HTTPTypes

extension Resource {
    static let healthy = Resource(path: "/-/healthy") { _ in QueryReply.text("healthy\n") }

    static let ready = Resource(path: "/-/ready") { exchange in
        exchange.surface.isReady()
            ? QueryReply.text("ready\n") : QueryReply.text("not ready\n", status: .serviceUnavailable)
    }
}
