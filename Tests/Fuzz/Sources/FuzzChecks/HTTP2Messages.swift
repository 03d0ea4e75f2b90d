import Receivers

/// The frames of an HTTP/2 connection, one after the other (RFC 9113, section 4.1).
struct HTTP2FrameSequence: Sequence, IteratorProtocol {
    struct Frame {
        var type: UInt8
        var flags: UInt8
        var stream: UInt32
        var payload: ArraySlice<UInt8>

        func has(_ flag: UInt8) -> Bool { flags & flag != 0 }
    }

    /// The rest, which isn't a whole frame once the sequence has ended.
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    mutating func next() -> Frame? {
        guard let (frame, length) = begun, frame.payload.count == length else { return nil }
        rest = rest.dropFirst(9 + length)
        return frame
    }

    /// The frame that `rest` begins with, as far as it is there, and its length; nil before the end of its head.
    var begun: (frame: Frame, length: Int)? {
        guard rest.count >= 9 else { return nil }
        let head = Array(rest.prefix(9))
        let length = head[..<3].reduce(0) { $0 << 8 | Int($1) }
        let stream = head[5...].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
        let payload = rest.dropFirst(9).prefix(length)
        return (Frame(type: head[3], flags: head[4], stream: stream, payload: payload), length)
    }
}

/// The messages that a naive reader finds in what a client has sent: for each stream that ended, the payload of its
/// DATA frames, if it is one length-prefixed message.
struct HTTP2Messages {
    /// From streams that ended.
    private(set) var bodies: [[UInt8]: Int] = [:]
    private(set) var frames = 0
    private(set) var streamsBegun: Set<UInt32> = []
    private(set) var hasSaidGoodbye = false

    private struct Stream {
        var contents: [UInt8] = []
        var isOver = false
    }

    private let limits: ReceiverLimits
    private var streams: [UInt32: Stream] = [:]
    /// The stream whose headers are being continued, if they end it.
    private var ending: UInt32?

    /// - Parameter sent: everything that the client has sent, including its preface.
    init(_ sent: [UInt8], limits: ReceiverLimits) {
        self.limits = limits
        var sequence = HTTP2FrameSequence(sent.dropFirst(24))
        while let frame = sequence.next() {
            frames += 1
            take(frame)
        }
        // Headers may be refused before the last of them has come.
        if let (frame, _) = sequence.begun, frame.type == 1 { streamsBegun.insert(frame.stream) }
    }

    var count: Int { bodies.values.reduce(0, +) }

    private mutating func take(_ frame: HTTP2FrameSequence.Frame) {
        switch frame.type {
        case 0:
            let padding = frame.has(8) ? Int(frame.payload.first ?? 0) : 0
            let contents = frame.payload.dropFirst(frame.has(8) ? 1 : 0).dropLast(padding)
            guard streams[frame.stream]?.isOver == false else { return }
            streams[frame.stream]?.contents += contents
            if frame.has(1) { end(frame.stream) }
        case 1:
            streamsBegun.insert(frame.stream)
            if streams[frame.stream] == nil { streams[frame.stream] = Stream() }
            guard frame.has(1) else { return }
            if frame.has(4) { end(frame.stream) } else { ending = frame.stream }
        case 3: streams[frame.stream] = Stream(isOver: true)
        case 7 where frame.payload.count >= 8:
            hasSaidGoodbye = true
        case 9:
            guard frame.has(4), ending == frame.stream else { return }
            end(frame.stream)
            ending = nil
        default: break
        }
    }

    private mutating func end(_ number: UInt32) {
        guard let stream = streams[number], !stream.isOver else { return }
        streams[number]?.isOver = true
        if let body = body(stream.contents) { bodies[body, default: 0] += 1 }
    }

    /// The message in the payloads of a stream's DATA frames.
    private func body(_ contents: [UInt8]) -> [UInt8]? {
        guard contents.count >= 5, contents[0] <= 1 else { return nil }
        let length = contents[1..<5].reduce(0) { $0 << 8 | Int($1) }
        guard length == contents.count - 5 else { return nil }
        let message = Array(contents[5...])
        if contents[0] == 0 { return message }
        return try? unsafe Inflate.gzip(message.span.bytes, limit: limits.bodyBytes, { $0.array })
    }
}
