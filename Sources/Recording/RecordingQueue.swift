package import Engine
import Foundation
package import Receivers

/// Events that wait to be written, in order. Bounded in bytes, which are reserved in advance.
final class RecordingQueue: @unchecked Sendable {
    enum Event {
        case message(RecordedMessage)
        case clock(ClockReading)
    }

    /// Events that are written together.
    struct Work {
        var events: [(sequence: UInt64, event: Event)] = []
        /// Complete once all of them are written.
        var durability = DurabilityAcknowledgement()
        var isLast = false
    }

    private let byteCountMax: Int
    private let condition = NSCondition()
    // Protected by `condition`.
    private var work = Work()
    private var reserved = 0
    private var nextSequence: UInt64 = 0

    init(byteCountMax: Int) {
        self.byteCountMax = byteCountMax
    }

    /// Bytes reserved: messages that wait, are being written, or are about to arrive.
    var byteCount: Int {
        condition.lock()
        defer { condition.unlock() }
        return reserved
    }

    /// Reserves bytes; returns false if there is no room.
    func reserve(_ byteCount: Int) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        // A single message always fits: translated from JSON it may be longer than any body.
        guard reserved == 0 || reserved + byteCount <= byteCountMax else { return false }
        reserved += byteCount
        return true
    }

    func giveBack(_ byteCount: Int) {
        condition.lock()
        reserved -= byteCount
        condition.unlock()
    }

    /// Appends an event. nil marks an event that isn't recorded; its number stays unused.
    ///
    /// - Returns: complete once the event is written.
    func append(_ event: Event?) -> DurabilityAcknowledgement? {
        condition.lock()
        defer { condition.unlock() }
        let sequence = nextSequence
        nextSequence += 1
        guard let event else { return nil }
        work.events.append((sequence, event))
        // A clock reading can wait for the next message.
        if case .message = event { condition.signal() }
        return work.durability
    }

    /// Takes all events. Waits up to `seconds` for a message.
    func take(waiting seconds: Double) -> Work {
        condition.lock()
        defer { condition.unlock() }
        let deadline = Date(timeIntervalSinceNow: seconds)
        while !work.isLast, !work.hasMessage {
            guard condition.wait(until: deadline) else { break }
        }
        let taken = work
        work = Work()
        work.isLast = taken.isLast
        return taken
    }

    /// Makes the next `take` the last.
    func stop() {
        condition.lock()
        work.isLast = true
        condition.signal()
        condition.unlock()
    }
}

extension RecordingQueue.Work {
    fileprivate var hasMessage: Bool {
        events.contains { if case .message = $0.event { true } else { false } }
    }
}

/// One export request on its way into the archive, with room reserved in the recorder's queue.
package struct Recording {
    private let recorder: ArchiveRecorder
    private let byteCount: Int
    /// False if the queue is full: the request isn't recorded.
    private let hasRoom: Bool
    private var message: RecordedMessage?
    private var isAppended = false
    /// What the acknowledgement waits for.
    package private(set) var durability: DurabilityAcknowledgement?

    init(_ recorder: ArchiveRecorder, byteCount: Int, hasRoom: Bool) {
        self.recorder = recorder
        self.byteCount = byteCount
        self.hasRoom = hasRoom
    }

    /// Copies the message. Call this before taking any lock.
    package mutating func take(_ message: RawSpan, _ batch: borrowing SpanBatch, arrival: Int64) {
        guard hasRoom else { return }
        self.message = RecordedMessage(
            bytes: unsafe message.withUnsafeBytes { unsafe Array($0) }, arrival: arrival, spans: batch.count,
            spanEnds: batch.ends())
    }

    /// Assigns the message's position in the order. Call this under the window's lock.
    package mutating func append() {
        isAppended = true
        durability = recorder.append(message)
    }

    /// Releases the reservation of a refused request.
    package func finish() {
        if !isAppended, hasRoom { recorder.giveBack(byteCount) }
    }
}

/// A message waiting to be written.
struct RecordedMessage: Sendable {
    let bytes: [UInt8]
    /// Unix nanoseconds.
    let arrival: Int64
    let spans: Int
    /// Earliest to latest end of its spans.
    let spanEnds: ClosedRange<Int64>?
}
