import Foundation
import Glibc
import Synchronization

/// An HTTP server on the loopback interface that answers one request after another from a script.
final class ScriptedReceiver: Sendable {
    enum Answer {
        case status(Int, headers: String = "", body: String = "")
        /// Reads the request and doesn't answer until the client gives up.
        case hang
        /// Answers 200 with an endless body.
        case flood
    }

    struct Request {
        var head: String
        var body: String
    }

    private struct State {
        var requests: [Request] = []
        var flooded = 0
    }

    let port: UInt16
    private let listener: Int32
    private let state = Mutex(State())

    var url: String { "http://127.0.0.1:\(port)/hook" }
    var requests: [Request] { state.withLock { $0.requests } }
    var bodies: [String] { requests.map(\.body) }
    /// How many bytes the client accepted.
    var flooded: Int { state.withLock { $0.flooded } }

    /// Answers 200 after the end of the script.
    /// - Parameter isThere: if false, connections are refused, and no one else gets the port.
    init(_ script: [Answer], isThere: Bool = true) throws {
        // A client that hangs up during a write must not end the tests.
        _ = signal(SIGPIPE, SIG_IGN)
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bind(listener, address, length) == 0 && (!isThere || listen(listener, 16) == 0)
                    && getsockname(listener, address, &length) == 0
            }
        }
        guard isListening else { throw POSIXError(POSIXError.Code(rawValue: errno) ?? .EIO) }
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        guard isThere else { return }
        Thread.detachNewThread { [self] in
            for answer in script { guard serve(answer) else { return } }
            while serve(.status(200)) {}
        }
    }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    /// Accepts a connection and reads a request; false if the server has been stopped.
    private func serve(_ answer: Answer) -> Bool {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return false }
        defer { close(connection) }
        guard let request = Self.read(connection) else { return true }
        state.withLock { $0.requests.append(request) }
        switch answer {
        case .status(let code, let headers, let body):
            let head =
                "HTTP/1.1 \(code) Scripted\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n"
            _ = Self.write(connection, Array((head + body).utf8))
        case .hang:
            _ = Self.receive(connection)
        case .flood:
            _ = Self.write(connection, Array("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".utf8))
            let chunk = [UInt8](repeating: 0x78, count: 1 << 16)
            while Self.write(connection, chunk) { state.withLock { $0.flooded += chunk.count } }
        }
        return true
    }

    // MARK: Sockets

    private static func read(_ connection: Int32) -> Request? {
        var text = ""
        while true {
            if let end = text.firstRange(of: "\r\n\r\n") {
                let head = String(text[..<end.lowerBound])
                let body = String(text[end.upperBound...])
                let length = head.firstMatch(of: /[Cc]ontent-[Ll]ength: (\d+)/).flatMap { Int($0.1) } ?? 0
                if body.utf8.count >= length { return Request(head: head, body: body) }
            }
            guard let more = receive(connection) else { return nil }
            text += more
        }
    }

    private static func receive(_ connection: Int32) -> String? {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = unsafe recv(connection, &buffer, buffer.count, 0)
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }

    private static func write(_ connection: Int32, _ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes[sent...].withUnsafeBytes {
                unsafe send(connection, $0.baseAddress, $0.count, 0)
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }
}
