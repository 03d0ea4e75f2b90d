import Dispatch
import Pipeline
import ServiceLifecycle
import Traces

/// Keeps the traces that active alerts and open incidents name.
struct TraceKeeper: Service {
    let pipeline: Pipeline
    let bodies: RecentBodies
    let kept: KeptTraces
    private let thread = DispatchQueue(label: "faultline.traces", qos: .utility)

    private static let period = Duration.seconds(1)

    init(_ pipeline: Pipeline, bodies: RecentBodies, kept: KeptTraces) {
        self.pipeline = pipeline
        self.bodies = bodies
        self.kept = kept
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while true {
                do { try await Task.sleep(for: Self.period) } catch { return }
                await keepOnThread()
            }
        }
    }

    /// Decoding must not occupy one of Swift's few task threads.
    private func keepOnThread() async {
        await withCheckedContinuation { continuation in
            thread.async {
                kept.keep(pipeline.namedTraces(), from: bodies)
                continuation.resume()
            }
        }
    }
}
