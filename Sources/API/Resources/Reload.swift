import HTTPTypes

extension Resource {
    /// Reloads the rules.
    static let reload = Resource(path: "/-/reload", method: .post) { exchange in
        guard let reload = exchange.surface.reload else {
            return QueryReply.text(
                "reloading over HTTP is disabled; set enable_lifecycle: true\n", status: .forbidden)
        }
        let reloads = exchange.server.pools.reloads
        guard let permit = reloads.permit() else { return exchange.tooMany() }
        let problems = try await reloads.run { reload() }
        extendLifetime(permit)
        guard let problems else { return QueryReply.text("rules reloaded\n") }
        return QueryReply.text(
            "rules not reloaded; the old ones stay in force:\n\(problems)\n", status: .internalServerError)
    }
}
