import NIOCore
import NIOHPACK

/// What a server has sent, read as strictly as RFC 9113 allows.
struct HTTP2Replies {
    /// Streams that got an error.
    private(set) var refused: Set<UInt32> = []
    private(set) var succeeded: Set<UInt32> = []
    /// Whether the client was blamed for the end of the connection.
    private(set) var isBlamed = false
    /// Whether the server said that it accepts no more calls.
    private(set) var isGoodbye = false

    private var decoder = HPACKDecoder(allocator: ByteBufferAllocator())
    private var isFirst = true
    private var ended: Set<UInt32> = []
    private let begun: Set<UInt32>

    init(_ bytes: [UInt8], to begun: Set<UInt32>) throws(Finding) {
        self.begun = begun
        // A client may allow tables of any size; with this limit the decoder refuses none.
        decoder.maxDynamicTableLength = Int(UInt32.max)
        var frames = HTTP2FrameSequence(bytes[...])
        while let frame = frames.next() { try take(frame) }
        try require(frames.rest.isEmpty, "\(frames.rest.count) bytes at the end are no frame")
    }

    private mutating func take(_ frame: HTTP2FrameSequence.Frame) throws(Finding) {
        let size = frame.payload.count
        try require(!isFirst || frame.type == 4 && !frame.has(1), "begins with a frame of type \(frame.type)")
        isFirst = false
        try require(size <= 16_384, "a frame of \(size) bytes")
        let isOfStream = frame.type <= 1 || frame.type == 3
        try require(
            isOfStream ? begun.contains(frame.stream) : frame.stream == 0 || frame.type == 8,
            "type \(frame.type) on stream \(frame.stream), which nobody has begun")
        switch frame.type {
        case 0: try require(!ended.contains(frame.stream), "DATA behind the end of stream \(frame.stream)")
        case 1: try takeHeaders(frame)
        case 3:
            try require(size == 4, "RST_STREAM of \(size) bytes")
            if frame.payload.contains(where: { $0 != 0 }) { refused.insert(frame.stream) }
            ended.insert(frame.stream)
        case 4: try require(frame.has(1) ? size == 0 : size % 6 == 0, "SETTINGS of \(size) bytes")
        // It pings only to find out whether its GOAWAY has been read.
        case 6: try require(size == 8 && (frame.has(1) || isGoodbye), "PING of \(size) bytes, flags \(frame.flags)")
        case 7:
            try require(size >= 8, "GOAWAY of \(size) bytes")
            let isBlame = frame.payload.dropFirst(4).prefix(4).contains { $0 != 0 }
            if isBlame { isBlamed = true } else { isGoodbye = true }
        case 8:
            try require(size == 4 && frame.payload.contains { $0 != 0 }, "WINDOW_UPDATE of \(Array(frame.payload))")
        default: throw Finding("a frame of type \(frame.type)")
        }
        if isOfStream, frame.type != 3, frame.has(1) { ended.insert(frame.stream) }
    }

    private mutating func takeHeaders(_ frame: HTTP2FrameSequence.Frame) throws(Finding) {
        try require(!ended.contains(frame.stream), "HEADERS behind the end of stream \(frame.stream)")
        try require(frame.has(4), "headers that go on in another frame")
        var block = ByteBuffer(bytes: frame.payload)
        guard let headers = try? decoder.decodeHeaders(from: &block) else {
            throw Finding("headers that can't be decoded")
        }
        if let status = headers.first(name: ":status"), status != "200" { refused.insert(frame.stream) }
        switch headers.first(name: "grpc-status") {
        case nil: break
        case "0": succeeded.insert(frame.stream)
        case .some: refused.insert(frame.stream)
        }
    }
}
