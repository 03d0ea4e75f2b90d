internal import NIOCore

extension GRPCConnection: HTTP2Events {
    func requestBegins() {
        fields = GRPCRequestFields()
    }

    func requestField(_ name: String, _ value: () -> String) {
        fields.take(name, value)
    }

    func requestHeadEnds(_ stream: HTTP2StreamID, endOfStream: Bool) {
        begin(stream)
        if endOfStream { receive(ByteBuffer(), on: stream, endOfStream: true) }
    }

    func streamClosed(_ stream: HTTP2StreamID) {
        calls.removeValue(forKey: stream)
    }

    func streamFails(_ explanation: String) {
        refused(.streamError, explanation)
        follower.budget.chargeForStreamError()
    }

    func pingAcknowledged(_ payload: UInt64) {
        if payload == Self.shutdownPing { departure?.isKnown = true }
    }

    func goodbye() {
        hasGoodbyeCome = true
    }
}
