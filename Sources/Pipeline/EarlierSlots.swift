import Engine
import Synchronization

/// The slots of an earlier process, for comparisons with what is usual.
final class EarlierSlots: Sendable {
    private let slots = Mutex(RememberedSlots())

    func set(_ slots: RememberedSlots) { self.slots.withLock { $0 = slots } }

    func attach(to view: inout WindowView) { slots.withLock { $0.attach(to: &view) } }
}
