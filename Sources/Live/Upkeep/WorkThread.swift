package import Dispatch
import ServiceLifecycle

/// A thread for work that takes long or waits for a disk, which must not occupy one of Swift's few task threads.
package struct WorkThread: Sendable {
    private let queue: DispatchQueue

    package init(_ name: String, qos: DispatchQoS = .unspecified) {
        queue = DispatchQueue(label: name, qos: qos)
    }

    /// Does work on the thread, after the work queued before it.
    func run(_ work: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            queue.async {
                work()
                continuation.resume()
            }
        }
    }

    /// Does work on the thread repeatedly, with a pause before each time, until the daemon shuts down.
    package func `repeat`(every pause: Duration, _ work: @escaping @Sendable () -> Void) async {
        await cancelWhenGracefulShutdown {
            while true {
                do { try await Task.sleep(for: pause) } catch { return }
                await run(work)
            }
        }
    }
}
