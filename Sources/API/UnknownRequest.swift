import HTTPTypes
import Hummingbird
import NIOCore
import Receivers

/// Answers requests for which there is no route: with the paths that there are, or the method that a path takes.
struct UnknownRequest: RouterMiddleware {
    let service: any TraceService

    func handle(
        _ request: Request, context: AdminContext, next: (Request, AdminContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            return answer(request, context.channel)
        }
    }

    private static let reads =
        ["/-/healthy", "/-/ready", "/metrics"] + Resource.all.map(\.route).filter { !$0.contains(":") }

    private func answer(_ request: Request, _ channel: any Channel) -> Response {
        let path = request.uri.path
        if Self.reads.contains(path) || Resource.all.contains(where: { $0.matches(path) }) {
            return wrongMethod("GET, HEAD", channel)
        }
        if path == "/-/reload" { return wrongMethod("POST", channel) }
        service.refused(transport: .admin, reason: .unknownPath, peer: channel.remoteAddress)
        let known = Self.reads.joined(separator: ", ")
        return AdminReply.text("no such path; there are \(known), /api/v1/traces/ID and /-/reload\n", status: .notFound)
    }

    private func wrongMethod(_ allowed: String, _ channel: any Channel) -> Response {
        service.refused(transport: .admin, reason: .wrongMethod, peer: channel.remoteAddress)
        var response = AdminReply.text("this path takes \(allowed)\n", status: .methodNotAllowed)
        response.headers[.allow] = allowed
        return response
    }
}
