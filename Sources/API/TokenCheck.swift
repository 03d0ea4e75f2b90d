import HTTPTypes
import Hummingbird
import NIOCore
import Receivers

/// Answers only with one of the listener's tokens, except to health checks: a kubelet has none.
struct TokenCheck: RouterMiddleware {
    let access: ListenerAccess
    let refusals: Refusals

    private static let open = [Resource.healthy.path, Resource.ready.path]

    func handle(
        _ request: Request, context: QueryContext, next: (Request, QueryContext) async throws -> Response
    ) async throws -> Response {
        guard !Self.open.contains(request.uri.path),
            let reason = access.refusal(request.headers[.authorization], takesPassword: true)
        else { return try await next(request, context) }
        refusals.count(reason, peer: context.channel.remoteAddress)
        var response = QueryReply.text(
            "\(reason.hintForToken); in a browser, the token is the password of any user\n", status: .unauthorized)
        // Browsers ask for a user and a password, and send them along with everything that the page loads.
        response.headers[values: .wwwAuthenticate] = ["Bearer", "Basic realm=\"Faultline\", charset=\"UTF-8\""]
        return response
    }
}
