package import Engine
package import Receivers

/// One export request on its way into the archive: room was set aside for it in the recorder's queue.
package struct Recording {
    private let recorder: ArchiveRecorder
    private let byteCount: Int
    /// Whether there is room, or the request goes unrecorded.
    private let hasRoom: Bool
    private var message: RecordedMessage?
    private var isAppended = false
    /// What an acknowledgement waits for.
    package private(set) var durability: DurabilityAcknowledgement?

    package init(_ recorder: ArchiveRecorder, byteCount: Int, hasRoom: Bool) {
        self.recorder = recorder
        self.byteCount = byteCount
        self.hasRoom = hasRoom
    }

    /// Copies the message, before any lock is taken.
    package mutating func take(_ message: RawSpan, _ batch: borrowing SpanBatch, arrival: Int64) {
        guard hasRoom else { return }
        self.message = RecordedMessage(
            bytes: unsafe message.withUnsafeBytes { unsafe Array($0) }, arrival: arrival, spans: batch.count,
            spanEnds: batch.ends())
    }

    /// Gives the message its place in the order: to be called under the window's lock.
    package mutating func append() {
        isAppended = true
        durability = recorder.append(message)
    }

    /// Gives back the room of a message that was refused.
    package func finish() {
        if !isAppended, hasRoom { recorder.giveBack(byteCount) }
    }
}

/// A message that waits to be written.
package struct RecordedMessage: Sendable {
    package let bytes: [UInt8]
    /// Unix nanoseconds.
    package let arrival: Int64
    package let spans: Int
    /// From the earliest end of a span to the latest.
    package let spanEnds: ClosedRange<Int64>?
}
