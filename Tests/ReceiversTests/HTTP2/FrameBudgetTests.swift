import Testing

@testable import Receivers

@Suite struct `the budget of frames` {
    private static let perSecond = 100
    private static let resetsPer30Seconds = 300
    private static var budget: FrameBudget {
        FrameBudget(perSecond: perSecond, resetsPer30Seconds: resetsPer30Seconds)
    }

    @Test(arguments: [
        (HTTP2FrameType.windowUpdate, 4, RefusalReason.windowUpdateFlood), (.data, 1, .tinyDataFlood),
        (.data, 0, .emptyDataFlood),
        (.reset, 4, .resetFlood), (.continuation, 10, .continuationFlood),
        (HTTP2FrameType(rawValue: 6), 8, .controlFlood),
        (HTTP2FrameType(rawValue: 0xFA), 0, .controlFlood),
    ])
    func `is spent by frames without content`(type: HTTP2FrameType, length: Int, reason: RefusalReason) {
        var budget = Self.budget
        for _ in 0..<2 * Self.perSecond { budget.charge(type, length: length, flags: 0) }
        #expect(budget.exceeded == nil)
        budget.charge(type, length: length, flags: 0)
        #expect(budget.exceeded == reason)
    }

    @Test func `is spent by padding`() {
        let padded: UInt8 = 8
        var budget = Self.budget
        for _ in 0..<10 * Self.perSecond { budget.charge(.data, length: 320, flags: padded) }
        #expect(budget.exceeded == nil, "at least 64 bytes of each are the call's")
        for _ in 0..<2 * Self.perSecond { budget.charge(.data, length: 300, flags: padded) }
        #expect(budget.exceeded == nil)
        budget.charge(.data, length: 256, flags: padded)
        #expect(budget.exceeded == .tinyDataFlood)
    }

    @Test func `lasts for as many calls as a client likes to make`() {
        var budget = Self.budget
        for _ in 0..<100_000 {
            budget.charge(.headers, length: 50, flags: 4)
            budget.charge(.data, length: 5, flags: 0)
            budget.charge(.data, length: 10, flags: 1)
            budget.charge(.windowUpdate, length: 4, flags: 0)
            budget.charge(.windowUpdate, length: 4, flags: 0)
            budget.charge(HTTP2FrameType(rawValue: 6), length: 8, flags: 0)
        }
        #expect(budget.exceeded == nil)
    }

    @Test func `comes back by the second`() {
        var budget = Self.budget
        for _ in 0..<1_000 {
            for _ in 0..<Self.perSecond { budget.charge(.windowUpdate, length: 4, flags: 0) }
            budget.refill()
        }
        #expect(budget.exceeded == nil)
    }

    @Test func `is spent by calls beyond the limit of streams`() {
        var budget = Self.budget
        for _ in 0..<Self.perSecond {
            budget.charge(.headers, length: 50, flags: 4)
            budget.chargeForRefusedCall()
        }
        #expect(budget.exceeded == .streamErrorFlood)
    }

    /// However many calls it makes.
    @Test func `is spent by resets`() {
        var budget = Self.budget
        func reset() {
            budget.charge(.headers, length: 50, flags: 4)
            budget.charge(.reset, length: 4, flags: 0)
        }
        for _ in 0..<Self.resetsPer30Seconds { reset() }
        #expect(budget.exceeded == nil)
        for _ in 0..<30 { budget.refill() }
        for _ in 0..<Self.resetsPer30Seconds { reset() }
        #expect(budget.exceeded == nil)
        reset()
        #expect(budget.exceeded == .resetFlood)
    }

    @Test func `is spent by what a client does wrong on its streams`() {
        var budget = Self.budget
        for _ in 0..<Self.resetsPer30Seconds { budget.chargeForStreamError() }
        #expect(budget.exceeded == nil)
        budget.chargeForStreamError()
        #expect(budget.exceeded == .streamErrorFlood)
    }
}
