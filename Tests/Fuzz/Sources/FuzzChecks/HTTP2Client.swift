import NIOCore
import NIOHPACK
import TestSupport

/// A client of the gRPC receiver that makes plausible calls, and now and then something else.
struct HTTP2Client {
    enum Step {
        case bytes([UInt8])
        case seconds(Int64)
        case writable(Bool)
        case quiesce
        /// Requests that wait for the disk are written, or fail.
        case complete(isOnDisk: Bool)
    }

    private static let path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"

    private var choices: Choices
    private let isRaw: Bool
    private var isBegun = false
    private var encoder = HPACKEncoder(allocator: ByteBufferAllocator())
    private var nextStream: UInt32 = 1
    /// What streams have yet to send.
    private var unsent: [(stream: UInt32, message: ArraySlice<UInt8>)] = []
    /// How many bytes may still be sent, so that a few choices can't make a flood.
    private var left = 48 << 10

    init(_ choices: Choices) {
        self.choices = choices
        isRaw = self.choices.isOne(in: 4)
    }

    mutating func next() -> Step? {
        guard isBegun else {
            isBegun = true
            return .bytes(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + settings())
        }
        if isRaw {
            let rest = Array(choices.rest)
            choices = Choices([])
            return rest.isEmpty ? nil : .bytes(rest)
        }
        guard !choices.rest.isEmpty, left > 0 else { return nil }
        if choices.isOne(in: 16) { return event() }
        var bytes: [UInt8] = []
        for _ in 0..<choices.pick([1, 1, 1, 2, 5]) { bytes += frames() }
        if choices.isOne(in: 32), !bytes.isEmpty {
            bytes[choices.number(below: min(bytes.count, 65_536))] ^= UInt8(1 << choices.number(below: 8))
        }
        if choices.isOne(in: 32), bytes.count < 2_000 {
            let one = bytes
            for _ in 0..<choices.pick([2, 20, 300]) where bytes.count < left { bytes += one }
        }
        left -= bytes.count
        return .bytes(bytes)
    }

    /// How many of the given bytes arrive at once.
    mutating func partSize(of count: Int) -> Int {
        max(choices.pick([count, count, count, 1, 7, 100, 1_000]), count / 200, 1)
    }

    private mutating func event() -> Step {
        switch choices.number(below: 8) {
        case 0: .quiesce
        case 1: .writable(false)
        case 2: .writable(true)
        case 3: .complete(isOnDisk: false)
        case 4: .complete(isOnDisk: true)
        default: .seconds(choices.pick([1, 1, 2, 4, 12]))
        }
    }
}

// Frames
extension HTTP2Client {
    private mutating func frames() -> [UInt8] {
        guard choices.isOne(in: 4) else {
            switch choices.number(below: 8) {
            case 0...4: return begin() + data(isWhole: true)
            case 5: return begin()
            default: return unsent.isEmpty ? begin() : data(isWhole: false)
            }
        }
        switch choices.number(below: 10) {
        case 0...1: return frame(3, stream: anyStream(), number(32))
        // This may also answer the PING with which the server says goodbye, whether it sent one or not.
        case 2:
            let payload = choices.isOne(in: 2) ? Array("farewell".utf8) : some(choices.pick([8, 8, 8, 7]))
            return frame(6, flags: UInt8(choices.number(below: 2)), payload)
        case 3: return settings()
        case 4, 5: return frame(8, stream: choices.isOne(in: 2) ? 0 : anyStream(), number(32))
        case 6: return frame(9, flags: choices.pick([4, 0]), stream: anyStream(), some(choices.number(below: 100)))
        case 7: return frame(7, number(32) + (choices.isOne(in: 3) ? number(32) : [0, 0, 0, 0]))
        case 8: return frame(2, stream: anyStream(), some(choices.pick([5, 5, 4])))
        default:
            return frame(
                UInt8(choices.number(below: 256)), flags: UInt8(choices.number(below: 256)), stream: anyStream(),
                some(choices.number(below: 600)))
        }
    }

    private func frame(_ type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8]) -> [UInt8] {
        let length = payload.count
        return [UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255), type, flags]
            + Self.bigEndian(stream) + payload
    }

    private static func bigEndian(_ number: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }

    private mutating func settings() -> [UInt8] {
        if choices.isOne(in: 4) { return frame(4, flags: 1, []) }
        var payload: [UInt8] = []
        for _ in 0..<choices.number(below: 4) {
            let setting = choices.pick([1, 3, 4, 4, 5, 6, 8, choices.number(below: 9)])
            // Frame sizes from 16 KiB to 16 MiB, windows below 2 GiB, and booleans: any other value ends the
            // connection.
            let value: [UInt8] =
                switch setting {
                case 5: [0, UInt8(choices.number(below: 256)), 64, 0]
                case 4: [UInt8(choices.number(below: 128))] + some(3)
                case 2, 8: [0, 0, 0, UInt8(choices.number(below: 2))]
                default: number(32)
                }
            payload += [0, UInt8(setting)] + (choices.isOne(in: 16) ? number(32) : value)
        }
        return frame(4, payload)
    }

    /// Small, large, or arbitrary.
    private mutating func number(_ bits: Int) -> [UInt8] {
        switch choices.number(below: 4) {
        case 0: Self.bigEndian(UInt32(choices.number(below: 16)))
        case 1: Self.bigEndian(choices.pick([65_535, 16_384, 1 << 20, .max >> 1, .max, 1 << 31]))
        case 2: Self.bigEndian(UInt32(choices.number(below: 65_536)))
        default: some(bits / 8)
        }
    }

    private mutating func some(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(choices.number(below: 256)) } }

    private mutating func anyStream() -> UInt32 {
        switch choices.number(below: 8) {
        case 0: 0
        case 1: UInt32(choices.number(below: 256))
        case 2: nextStream
        default: unsent.isEmpty ? nextStream &- 2 : unsent[choices.number(below: unsent.count)].stream
        }
    }
}

// Calls
extension HTTP2Client {
    private mutating func begin() -> [UInt8] {
        let stream = nextStream
        nextStream &+= choices.isOne(in: 64) ? UInt32(choices.number(below: 5)) : 2
        let isGzip = choices.isOne(in: 4)
        var buffer = ByteBuffer()
        // What can't be encoded leaves a truncated block, which is worth trying too.
        try? encoder.encode(headers: headers(isGzip: isGzip), to: &buffer)
        var block = Array(buffer.readableBytesView)
        var flags: UInt8 = choices.isOne(in: 32) ? 1 : 0
        if flags == 0 {
            unsent.append((stream, message(isGzip: isGzip)[...]))
        }
        var continuations: [UInt8] = []
        if choices.isOne(in: 8), block.count > 2 {
            let cut = choices.number(below: block.count)
            let isShort = choices.isOne(in: 8)
            continuations = frame(9, flags: isShort ? 0 : 4, stream: stream, Array(block[cut...]))
            block.removeSubrange(cut...)
        } else {
            flags |= 4
        }
        return frame(1, flags: flags, stream: stream, block) + continuations
    }

    private mutating func headers(isGzip: Bool) -> HPACKHeaders {
        var fields = [
            (":method", "POST"), (":scheme", "http"), (":path", Self.path), (":authority", "faultline:4317"),
            ("content-type", "application/grpc"), ("te", "trailers"),
        ]
        if isGzip { fields.append(("grpc-encoding", "gzip")) }
        guard choices.isOne(in: 3) else { return HPACKHeaders(fields) }
        switch choices.number(below: 16) {
        case 0: fields[0].1 = "GET"
        case 1: fields[2].1 = "/other/" + String(repeating: "é%\n", count: choices.number(below: 300))
        case 2: fields[4].1 = choices.pick(["application/json", "application/grpc+proto", "APPLICATION/GRPC"])
        case 3: fields.append(("grpc-encoding", choices.pick(["snappy", "identity", ""])))
        case 4: fields.append(("grpc-timeout", choices.pick(["1S", "0n", "99999999H", "123456789S", "-1S", "é"])))
        case 5: fields.remove(at: choices.number(below: fields.count))
        case 6: fields.append((choices.pick(["", "Upper", ":path", ":status", "connection", "a b"]), "x"))
        case 7: fields.append(("large", String(repeating: "x", count: choices.pick([1_000, 16_300, 17_000]))))
        case 8: fields.append(("content-length", choices.pick(["0", "5", "18446744073709551616", "x"])))
        case 9: fields.swapAt(0, choices.number(below: fields.count))
        default: fields.append(("n\(choices.number(below: 32))", "\(choices.number(below: 256))"))
        }
        return HPACKHeaders(fields)
    }

    /// Usually a message with its prefix.
    private mutating func message(isGzip: Bool) -> [UInt8] {
        let body = body()
        let sent = isGzip ? Self.gzip(body) : body
        guard choices.isOne(in: 12) else { return [isGzip ? 1 : 0] + Self.bigEndian(UInt32(sent.count)) + sent }
        let length = choices.pick([UInt32(sent.count) + 1, UInt32(max(sent.count, 1)) - 1, .max, 0])
        return [choices.pick([0, 1, 2, 255])] + Self.bigEndian(length) + sent
    }

    private mutating func body() -> [UInt8] {
        switch choices.number(below: 4) {
        case 0: WireSpanExample.request([WireSpanExample()])
        case 1: some(choices.number(below: 80))
        default: [UInt8](repeating: some(1)[0], count: choices.pick([0, 1, 58, 59, 64, 300, 1_000, 3_000]))
        }
    }

    /// A gzip member that stores its contents uncompressed.
    static func gzip(_ body: [UInt8]) -> [UInt8] {
        var crc = ~UInt32(0)
        for byte in body {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1) &* 0xEDB8_8320 }
        }
        let length = UInt16(body.count)
        func littleEndian(_ number: UInt32) -> [UInt8] { bigEndian(number).reversed() }
        return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255, 1] + littleEndian(UInt32(length) | UInt32(~length) << 16) + body
            + littleEndian(~crc) + littleEndian(UInt32(body.count))
    }

    /// All that a stream has yet to send, or a part of it.
    private mutating func data(isWhole: Bool) -> [UInt8] {
        guard !unsent.isEmpty else { return frame(0, stream: anyStream(), some(5)) }
        let index = isWhole ? unsent.count - 1 : choices.number(below: unsent.count)
        var (stream, message) = unsent[index]
        let isLast = isWhole || choices.isOne(in: 3)
        let parts = choices.pick([1, 1, 1, 2, 6])
        var result: [UInt8] = []
        for number in 1...parts {
            let isEnd = isLast && number == parts
            let part = isEnd ? message : message.prefix(1 + choices.number(below: min(message.count + 1, 65_536)))
            message = message.dropFirst(part.count)
            // Only random bytes make frames larger than a server must accept (RFC 9113, section 4.2).
            for chunk in Self.chunks(Array(part), of: 16_000) {
                let ends = isEnd && chunk.isLast
                if choices.isOne(in: 12) {
                    let padding = choices.number(below: 256)
                    let padded = [UInt8(padding)] + chunk.bytes + [UInt8](repeating: 0, count: padding)
                    result += frame(0, flags: ends ? 9 : 8, stream: stream, padded)
                } else {
                    result += frame(0, flags: ends ? 1 : 0, stream: stream, chunk.bytes)
                }
            }
        }
        unsent[index].message = message
        if isLast { unsent.remove(at: index) }
        return result
    }

    private static func chunks(_ bytes: [UInt8], of size: Int) -> [(bytes: [UInt8], isLast: Bool)] {
        guard bytes.count > size else { return [(bytes, true)] }
        return stride(from: 0, to: bytes.count, by: size).map { start in
            (Array(bytes[start..<min(start + size, bytes.count)]), start + size >= bytes.count)
        }
    }
}
