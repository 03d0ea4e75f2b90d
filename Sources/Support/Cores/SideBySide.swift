import Dispatch
import Synchronization

/// Computes values that don't need each other on the cores that are there.
///
/// - Returns: the values in order.
package func sideBySide<Value: Sendable>(_ count: Int, _ body: @Sendable (_ index: Int) -> Value) -> [Value] {
    let values = Mutex([Value?](repeating: nil, count: count))
    DispatchQueue.concurrentPerform(iterations: count) { index in
        let value = body(index)
        values.withLock { $0[index] = value }
    }
    return values.withLock { $0.compactMap(\.self) }
}
