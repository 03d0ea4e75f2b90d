/// The type of an HTTP/2 frame (RFC 9113, section 6).
struct HTTP2FrameType: RawRepresentable, Equatable, Sendable {
    let rawValue: UInt8

    init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    static let data = HTTP2FrameType(rawValue: 0)
    static let headers = HTTP2FrameType(rawValue: 1)
    static let reset = HTTP2FrameType(rawValue: 3)
    static let goAway = HTTP2FrameType(rawValue: 7)
    static let windowUpdate = HTTP2FrameType(rawValue: 8)
    static let continuation = HTTP2FrameType(rawValue: 9)
}

extension HTTP2FrameType: CustomStringConvertible {
    var description: String {
        Self.names.indices.contains(Int(rawValue)) ? Self.names[Int(rawValue)] : "a frame of type \(rawValue)"
    }

    private static let names = [
        "DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH_PROMISE", "PING", "GOAWAY", "WINDOW_UPDATE",
        "CONTINUATION",
    ]
}

/// A connection's budget for frames without content: a token bucket, refilled every second and with every call. Resets, by the
/// client and for what it does wrong, have one of their own as well, because every call would refill the first.
struct FrameBudget {
    /// A DATA frame of fewer bytes that doesn't end its stream counts as one without content.
    private static let usefulBytes = 64
    private static let endStream: UInt8 = 1
    private static let padded: UInt8 = 8
    /// The most that padding takes of a frame (RFC 9113, section 6.1). Clients have no reason to pad, so it counts as if each did.
    private static let longestPadding = 256
    /// Such frames in a well-behaved call: a separate prefix, window updates for the reply, a PING.
    private static let framesPerCall = 4

    private let perSecond: Int
    private var left: Int
    private let resetsPer30Seconds: Int
    /// In thirtieths of a reset.
    private var resetsLeft: Int
    /// The reason that used up the budget; nil while some is left.
    private(set) var exceeded: RefusalReason?

    init(perSecond: Int, resetsPer30Seconds: Int) {
        self.perSecond = perSecond
        self.resetsPer30Seconds = resetsPer30Seconds
        left = 2 * perSecond
        resetsLeft = 30 * resetsPer30Seconds
    }

    /// Call once a second.
    mutating func refill() {
        add(perSecond)
        resetsLeft = min(resetsLeft + resetsPer30Seconds, 30 * resetsPer30Seconds)
    }

    mutating func charge(_ type: HTTP2FrameType, length: Int, flags: UInt8) {
        switch type {
        case .headers: add(Self.framesPerCall)
        case .data where flags & Self.endStream != 0: break
        case .data where length >= Self.usefulBytes + (flags & Self.padded != 0 ? Self.longestPadding : 0): break
        case .data: spend(1, on: length == 0 ? .emptyDataFlood : .tinyDataFlood)
        case .windowUpdate: spend(1, on: .windowUpdateFlood)
        case .reset:
            spend(1, on: .resetFlood)
            spendReset(on: .resetFlood)
        case .continuation: spend(1, on: .continuationFlood)
        default: spend(1, on: .controlFlood)
        }
    }

    /// Charges for a call above the announced limit: more than a call earns.
    mutating func chargeForRefusedCall() { spend(2 * Self.framesPerCall, on: .streamErrorFlood) }

    /// Charges for a stream that is reset for what the client did on it.
    mutating func chargeForStreamError() { spendReset(on: .streamErrorFlood) }

    private mutating func add(_ frames: Int) { left = min(left + frames, 2 * perSecond) }

    private mutating func spend(_ frames: Int, on reason: RefusalReason) {
        left -= frames
        if left < 0, exceeded == nil { exceeded = reason }
    }

    private mutating func spendReset(on reason: RefusalReason) {
        resetsLeft -= 30
        if resetsLeft < 0, exceeded == nil { exceeded = reason }
    }
}
