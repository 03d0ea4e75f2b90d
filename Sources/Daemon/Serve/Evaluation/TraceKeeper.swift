import Dispatch
import Pipeline
import ServiceLifecycle
import Traces

/// Keeps the traces that active alerts and open incidents name, and those that stand out among their kind of request.
struct TraceKeeper: Service {
    let pipeline: Pipeline
    let bodies: RecentBodies
    let kept: TracesKept
    private let notable = NotableTraces()
    private let thread = DispatchQueue(label: "faultline.traces", qos: .utility)

    private static let period = Duration.seconds(1)

    init(_ pipeline: Pipeline, bodies: RecentBodies, kept: TracesKept) {
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
                kept.named.keep(pipeline.namedTraces(), from: bodies)
                if kept.notable.limit > 0 {
                    let traces = notable.update(pipeline.view(), isCrowded: kept.notable.isCrowded)
                    kept.notable.keep(traces, from: bodies)
                }
                continuation.resume()
            }
        }
    }
}

/// Traces that are kept beyond the recent bodies, by why they are.
struct TracesKept: Sendable {
    /// Those that active alerts and open incidents name.
    let named: KeptTraces
    /// Those that stand out among their kind of request.
    let notable: KeptTraces

    /// - Parameter budget: of all whole traces, bytes.
    init(budget: Int) {
        named = KeptTraces(limit: budget / 8)
        notable = KeptTraces(limit: budget / 8)
    }

    var all: [KeptTraces] { [named, notable] }
    var limit: Int { named.limit + notable.limit }
}
