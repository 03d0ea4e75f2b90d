import HTTPTypes
import Hummingbird
import NIOCore
import Receivers

/// Answers only whoever asks for the daemon by a name that it has: see `AllowedHosts`.
struct HostCheck: RouterMiddleware {
    let hosts: AllowedHosts
    let service: any TraceService

    func handle(
        _ request: Request, context: AdminContext, next: (Request, AdminContext) async throws -> Response
    ) async throws -> Response {
        // Only HTTP/1.0 may leave out the Host field, and no browser speaks that.
        let authority = request.head.authority ?? ""
        guard authority.isEmpty || hosts.allow(authority: authority) else {
            service.refused(transport: .admin, reason: .wrongHost, peer: context.channel.remoteAddress)
            return AdminReply.text(
                "the Host isn't one of this daemon: an address, localhost, external_url's host or one of allowed_hosts\n",
                status: .forbidden)
        }
        let changesSomething = request.method != .get && request.method != .head
        if changesSomething, CrossSite(hosts: hosts).isForeign(request.head) {
            service.refused(transport: .admin, reason: .wrongOrigin, peer: context.channel.remoteAddress)
            return AdminReply.text("a page of another origin may change nothing here\n", status: .forbidden)
        }
        return try await next(request, context)
    }
}

/// What a route knows of its request besides the request itself.
struct AdminContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }
}
