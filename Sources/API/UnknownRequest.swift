import Support
import HTTPTypes
import Hummingbird
import NIOCore
import Receivers

/// Answers requests that are for no resource: lists the known paths, or the methods that a known path takes.
struct UnknownRequest: RouterMiddleware {
    let resources: [Resource]
    let refusals: Refusals

    func handle(
        _ request: Request, context: QueryContext, next: (Request, QueryContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            return answer(request, context.channel.remoteAddress)
        }
    }

    private func answer(_ request: Request, _ peer: SocketAddress?) -> Response {
        let methods = resources.filter { $0.matches(request.uri.path) }.map(\.method)
        guard methods.isEmpty else {
            refusals.count(.wrongMethod, peer: peer)
            let allowed = methods.map { $0 == .get ? "GET, HEAD" : $0.rawValue }.joined(separator: ", ")
            var response = QueryReply.text("allowed methods: \(allowed)\n", status: .methodNotAllowed)
            response.headers[.allow] = allowed
            return response
        }
        refusals.count(.unknownPath, peer: peer)
        let known = resources.map(\.shownPath)
        return QueryReply.text("no such path; known paths are \(known.listed())\n", status: .notFound)
    }
}
