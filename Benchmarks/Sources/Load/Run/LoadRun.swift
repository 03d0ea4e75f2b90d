import NIOCore
import NIOPosix

/// One run: all connections, from the first request to the last answer.
struct LoadRun: Sendable {
    private let connections: [NIOLoopBound<LoadConnection>]
    private let loops: [any EventLoop]
    private let finished: [EventLoopFuture<Void>]

    /// Connects and begins to send.
    static func begin(_ settings: LoadSettings, source: RequestSource, group: any EventLoopGroup) async throws
        -> LoadRun
    {
        let loops = (0..<settings.connections).map { _ in group.next() }
        var connections: [NIOLoopBound<LoadConnection>] = []
        var finished: [EventLoopFuture<Void>] = []
        for loop in loops {
            let promise = loop.makePromise(of: Void.self)
            finished.append(promise.futureResult)
            connections.append(
                try await loop.submit {
                    let connection = LoadConnection(settings, source: source, loop: loop, finished: promise)
                    connection.start()
                    return NIOLoopBound(connection, eventLoop: loop)
                }.get())
        }
        return LoadRun(connections: connections, loops: loops, finished: finished)
    }

    /// Stops sending; `end` returns when what is under way is answered.
    func stop() {
        for (connection, loop) in zip(connections, loops) { loop.execute { connection.value.stop() } }
    }

    func end() async throws {
        for future in finished { try await future.get() }
    }

    func tally() async throws -> Tally {
        var total = Tally()
        for (connection, loop) in zip(connections, loops) {
            total.add(try await loop.submit { connection.value.tally }.get())
        }
        return total
    }
}
