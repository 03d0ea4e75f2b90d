import Glibc

/// `plain-receiver PORT`: the least a receiver can do. It reads messages from a socket, each preceded by its length in four
/// bytes, and answers each with five bytes. One connection at a time.
@main
enum Main {
    static func main() {
        guard let port = CommandLine.arguments.dropFirst().first.flatMap({ UInt16($0) }) else {
            print("usage: plain-receiver PORT")
            return
        }
        guard let listener = listen(on: port) else {
            print("can't listen on 127.0.0.1:\(port)")
            return
        }
        var buffer = [UInt8](repeating: 0, count: 128 << 10)
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { continue }
            serve(connection, &buffer)
            close(connection)
        }
    }

    private static func listen(on port: UInt16) -> Int32? {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        setOption(listener, SOL_SOCKET, SO_REUSEADDR)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let bound = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return bound == 0 && Glibc.listen(listener, 8) == 0 ? listener : nil
    }

    private static func serve(_ connection: Int32, _ buffer: inout [UInt8]) {
        setOption(connection, Int32(IPPROTO_TCP), TCP_NODELAY)
        var follower = Follower()
        while true {
            let count = unsafe recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            for _ in 0..<follower.receive(buffer[..<count]) {
                guard unsafe send(connection, [0, 0, 0, 0, 0] as [UInt8], 5, Int32(MSG_NOSIGNAL)) == 5
                else { return }
            }
        }
    }

    private static func setOption(_ socket: Int32, _ level: Int32, _ option: Int32) {
        var on: Int32 = 1
        unsafe setsockopt(socket, level, option, &on, socklen_t(MemoryLayout<Int32>.size))
    }
}

/// Finds the ends of messages by their lengths alone.
private struct Follower {
    private var missing = 0
    private var length = 0
    private var lengthBytes = 0

    /// Returns how many messages these bytes complete.
    mutating func receive(_ bytes: ArraySlice<UInt8>) -> Int {
        var rest = bytes
        var completed = 0
        while let first = rest.first {
            if lengthBytes < 4 {
                length = length << 8 | Int(first)
                lengthBytes += 1
                missing = length
                rest = rest.dropFirst()
            } else {
                let taken = min(missing, rest.count)
                missing -= taken
                rest = rest.dropFirst(taken)
            }
            if lengthBytes == 4, missing == 0 {
                completed += 1
                lengthBytes = 0
                length = 0
            }
        }
        return completed
    }
}
