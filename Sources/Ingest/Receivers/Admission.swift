internal import Synchronization

/// Counts the bytes of bodies that have arrived but are not decoded yet, over all receivers, and bounds them.
///
/// Bytes are counted as they arrive and not by what a header announces: a client that announces much and sends
/// little would otherwise shut the others out.
package final class Admission: Sendable {
    private let bytes = Atomic<Int>(0)
    /// Bytes.
    package let limit: Int

    /// - Parameter limit: bytes
    package init(limit: Int) {
        self.limit = limit
    }

    /// The value of `faultline_ingest_inflight_bytes`.
    package var bytesInFlight: Int {
        bytes.load(ordering: .relaxed)
    }

    fileprivate func reserve(_ count: Int) -> Bool {
        // Wrapping is out of reach: each addition is bounded by a receive buffer and taken back when refused.
        let after = bytes.wrappingAdd(count, ordering: .relaxed).newValue
        guard after <= limit else {
            release(count)
            return false
        }
        return true
    }

    fileprivate func release(_ count: Int) {
        bytes.wrappingSubtract(count, ordering: .relaxed)
    }
}

/// The bytes that one request holds; they are given back when it ends, however it ends.
package struct Reservation: ~Copyable {
    private let admission: Admission
    private var count = 0

    package init(_ admission: Admission) {
        self.admission = admission
    }

    /// Takes `bytes` more, or returns false and takes none.
    package mutating func grow(by bytes: Int) -> Bool {
        guard admission.reserve(bytes) else { return false }
        count += bytes
        return true
    }

    deinit {
        admission.release(count)
    }
}
