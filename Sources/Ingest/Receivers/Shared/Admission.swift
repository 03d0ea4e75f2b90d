internal import Synchronization

/// Counts and limits the bytes of bodies that have arrived but aren't decoded yet, over all receivers.
///
/// It counts bytes as they arrive. If it trusted headers instead, a client could announce much, send little and shut
/// out the others.
package final class Admission: Sendable {
    private let bytes = Atomic<Int>(0)
    /// In bytes.
    package let limit: Int
    /// The parent, if this is a share.
    private let whole: Admission?

    /// - Parameter limit: bytes.
    package init(limit: Int) {
        self.limit = limit
        whole = nil
    }

    /// Creates a share of another limit, so that one client can't use all of it.
    init(limit: Int, of whole: Admission) {
        self.limit = limit
        self.whole = whole
    }

    /// The value of `faultline_ingest_inflight_bytes`.
    package var bytesInFlight: Int {
        bytes.load(ordering: .relaxed)
    }

    fileprivate func reserve(_ count: Int) -> RefusalReason? {
        // This can't overflow: each addition is at most one receive buffer, and is undone if refused.
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

/// The bytes held by one request. They are released when it ends, in whatever way.
package struct Reservation: ~Copyable {
    private let admission: Admission
    private var count = 0

    package init(_ admission: Admission) {
        self.admission = admission
    }

    /// Reserves `bytes` more. If that exceeds a limit, reserves none and returns which.
    package mutating func grow(by bytes: Int) -> RefusalReason? {
        if let refusal = admission.reserve(bytes) { return refusal }
        count += bytes
        return nil
    }

    deinit {
        admission.release(count)
    }
}
