internal import NIOCore
internal import NIOHTTP1

/// A request and its reply, and how far both have come.
struct HTTPExchange {
    enum Reply: Equatable {
        case none
        case begun
        /// All of it is written.
        case complete
        /// The client's socket has taken all of it.
        case sent
    }

    private let version: HTTPVersion
    /// Whether the reply is to have no body, whatever its fields say of one.
    let isHead: Bool
    /// Whether the connection ends with it.
    var isLast: Bool
    var isRequestComplete = false
    var reply = Reply.none

    init(_ head: HTTPRequestHead) {
        version = head.version
        isHead = head.method == .HEAD
        isLast = !head.isKeepAlive || HTTPHeadCheck.isUpgrade(head)
    }

    /// Takes note of a reply's head, and completes it by what the request's version asks for.
    mutating func begin(_ head: inout HTTPResponseHead, date: String) {
        reply = .begun
        if head.headers[canonicalForm: "connection"].contains(where: { $0.lowercased() == "close" }) { isLast = true }
        if version == .http1_0 {
            // It knows no chunks: a body of no announced length ends with the connection.
            head.version = version
            if !head.headers.contains(name: "content-length") { isLast = true }
            if !isLast { head.headers.replaceOrAdd(name: "Connection", value: "keep-alive") }
        }
        if isLast { head.headers.replaceOrAdd(name: "Connection", value: "close") }
        head.headers.replaceOrAdd(name: "Date", value: date)
    }
}
