import NIOCore
import Testing

@testable import Receivers

@Suite struct `admission` {
    @Test func `bytes are admitted up to the limit and given back at the end`() {
        let admission = Admission(limit: 100)
        do {
            var first = Reservation(admission)
            let isFirst = first.grow(by: 60) == nil
            #expect(isFirst)
            var second = Reservation(admission)
            let isWithin = second.grow(by: 40) == nil
            let isOver = second.grow(by: 1) == .bytesInFlight
            #expect(isWithin)
            #expect(isOver)
            #expect(admission.bytesInFlight == 100)
        }
        #expect(admission.bytesInFlight == 0)
    }

    @Test func `what was refused holds nothing`() {
        let admission = Admission(limit: 10)
        var reservation = Reservation(admission)
        let isGranted = reservation.grow(by: 11) == nil
        #expect(!isGranted)
        #expect(admission.bytesInFlight == 0)
    }
}

@Suite struct `deadlines` {
    private let limits = ReceiverLimits()

    @Test func `each step of an HTTP request has its time`() {
        for (step, seconds, reason) in [
            (HTTPPhase.Step.header, limits.headerSeconds, RefusalReason.headerTimeout),
            (.body, limits.bodySeconds, .bodyTimeout), (.reply, limits.replySeconds, .replyTimeout),
            (.idle, limits.idleSeconds, nil),
        ] as [(HTTPPhase.Step, Int, RefusalReason?)] {
            var phase = HTTPPhase(limits: limits)
            phase.enter(step, now: 100, limits: limits)
            #expect(!phase.overdue(now: 100 + UInt64(seconds)).isOverdue)
            let overdue = phase.overdue(now: 101 + UInt64(seconds))
            #expect(overdue.isOverdue)
            #expect(overdue.reason == reason)
        }
    }

    @Test
    func `a client that keeps sending parts of one header block is stalled, one that completes some isn't`() {
        var watch = ConnectionWatch()
        var boundaries = HTTP2Boundaries()
        #expect(watch.secondsStalled(boundaries, now: 1) == 0)
        #expect(watch.secondsStalled(boundaries, now: 4) == 3)
        boundaries.receive(copyOf: ByteBuffer(bytes: Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)))
        boundaries.receive(copyOf: ByteBuffer(bytes: [0, 0, 1, 1, 4, 0, 0, 0, 1]))
        #expect(watch.secondsStalled(boundaries, now: 5) == 0)
        #expect(watch.secondsStalled(boundaries, now: 9) == 4)
    }

    @Test func `idleness is counted from the last call`() {
        var watch = ConnectionWatch()
        #expect(watch.secondsIdle(isBusy: false, lastStream: 0, now: 5) == 5)
        #expect(watch.secondsIdle(isBusy: true, lastStream: 1, now: 6) == 0)
        #expect(watch.secondsIdle(isBusy: false, lastStream: 1, now: 9) == 3)
        // A call that began and ended since the last tick.
        #expect(watch.secondsIdle(isBusy: false, lastStream: 3, now: 10) == 0)
        #expect(watch.secondsIdle(isBusy: false, lastStream: 3, now: 11) == 1)
    }
}
