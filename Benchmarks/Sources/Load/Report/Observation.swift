import NIOCore

/// Looks at the daemon's metrics while a run goes on.
struct Observation: Sendable {
    private let host: String
    private let port: Int
    private let path: String
    private let group: any EventLoopGroup

    /// - Parameter url: `http://host:port/path`
    init?(url: String, group: any EventLoopGroup) {
        guard let match = url.wholeMatch(of: /http:\/\/([^\/:]+):(\d+)(\/.*)?/), let port = Int(match.2) else {
            return nil
        }
        host = String(match.1)
        self.port = port
        path = match.3.map { String($0) } ?? "/metrics"
        self.group = group
    }

    func scrape() async throws -> DaemonScrape {
        try await DaemonScrape.fetch(host: host, port: port, path: path, group: group)
    }
}
