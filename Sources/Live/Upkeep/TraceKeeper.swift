import Dispatch
import Engine
package import Pipeline
import ServiceLifecycle
import Support
package import Traces

/// Keeps the traces that active alerts and open incidents name, and those that stand out among their kind of request; and
/// compresses recent bodies.
package struct TraceKeeper: Service {
    private let pipeline: Pipeline
    private let bodies: RecentBodies
    private let kept: TracesKept
    private let notable = NotableTraces()
    private let thread = WorkThread("faultline.traces", qos: .utility)

    private static let period = Duration.seconds(1)
    /// For compressing, in each period: a twentieth of a core.
    private static let compression = Duration.milliseconds(50)
    /// The same while more arrives than can be compressed: a tenth of what spans cost otherwise at 100,000 a second.
    private static let compressionBehind = Duration.milliseconds(10)

    package init(_ pipeline: Pipeline, bodies: RecentBodies, kept: TracesKept) {
        self.pipeline = pipeline
        self.bodies = bodies
        self.kept = kept
    }

    package func run() async throws {
        await thread.repeat(every: Self.period) {
            bodies.compress(within: Self.compression, behind: Self.compressionBehind)
            kept.named.keep(pipeline.namedTraces(), from: bodies, authentications: authentications)
            guard kept.notable.limit > 0 else { return }
            let traces = notable.update(pipeline.view(), isCrowded: kept.notable.isCrowded)
            kept.notable.keep(traces, from: bodies)
        }
    }
}

extension TraceKeeper {
    /// The authentications that were tied to the requests of a trace, if the window has attributed them.
    private func authentications(of id: TraceID, _ message: [UInt8]) -> [TiedAuthentication] {
        let (known, components) = (pipeline.trace(id), pipeline.components)
        let detail = TraceDetail(
            id, known: (known.spans, known.operations, known.requests), message: message, services: pipeline.services,
            components: components)
        guard let requests = detail?.unauthenticated, !requests.isEmpty else { return [] }
        let view = pipeline.view()
        return requests.compactMap { span in
            view.authentication(
                tiedTo: span.spanID, of: id, endingAt: span.start.addingSaturating(span.duration), components)
        }
    }
}

/// Traces that are kept beyond the recent bodies, by reason.
package struct TracesKept: Sendable {
    /// Those that active alerts and open incidents name.
    package let named: KeptTraces
    /// Those that stand out among their kind of request.
    package let notable: KeptTraces

    /// - Parameter budget: of all whole traces, bytes. What these don't take is left to the recent bodies.
    package init(budget: Int) {
        named = KeptTraces(limit: budget / 8)
        notable = KeptTraces(limit: budget / 8)
    }

    package var all: [KeptTraces] { [named, notable] }
}
