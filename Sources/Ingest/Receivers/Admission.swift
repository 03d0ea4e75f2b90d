internal import Synchronization

/// Counts the bytes of bodies that have arrived but are not decoded yet, over all receivers, and bounds them.
///
/// Bytes are counted as they arrive and not by what a header announces: a client that announces much and sends
/// little would otherwise shut the others out.
package final class Admission: Sendable {
    private let bytes = Atomic<Int>(0)
    /// Bytes.
    package let limit: Int
    /// What this is a share of.
    private let whole: Admission?

    /// - Parameter limit: bytes
    package init(limit: Int) {
        self.limit = limit
        whole = nil
    }

    /// A share of another's bytes, so that one client can't hold all of them.
    package init(limit: Int, of whole: Admission) {
        self.limit = limit
        self.whole = whole
    }

    /// The value of `faultline_ingest_inflight_bytes`.
    package var bytesInFlight: Int {
        bytes.load(ordering: .relaxed)
    }

    fileprivate func reserve(_ count: Int) -> RefusalReason? {
        // Wrapping is out of reach: each addition is bounded by a receive buffer and taken back when refused.
        let after = bytes.wrappingAdd(count, ordering: .relaxed).newValue
        guard after <= limit else {
            bytes.wrappingSubtract(count, ordering: .relaxed)
            return whole == nil ? .bytesInFlight : .connectionBytes
        }
        if let refusal = whole?.reserve(count) {
            bytes.wrappingSubtract(count, ordering: .relaxed)
            return refusal
        }
        return nil
    }

    fileprivate func release(_ count: Int) {
        bytes.wrappingSubtract(count, ordering: .relaxed)
        whole?.release(count)
    }
}

/// The bytes that one request holds; they are given back when it ends, however it ends.
package struct Reservation: ~Copyable {
    private let admission: Admission
    private var count = 0

    package init(_ admission: Admission) {
        self.admission = admission
    }

    /// Takes `bytes` more; or none, and says what there are too many of.
    package mutating func grow(by bytes: Int) -> RefusalReason? {
        if let refusal = admission.reserve(bytes) { return refusal }
        count += bytes
        return nil
    }

    deinit {
        admission.release(count)
    }
}
