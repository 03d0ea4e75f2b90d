package import Engine
import Synchronization

/// Single traces with everything that their spans carry, kept for as long as something refers to them, even after the
/// bodies that they arrived in were evicted.
package final class KeptTraces: Sendable {
    private struct State {
        /// The spans of each trace as an `ExportTraceServiceRequest` on the wire.
        var messages: [TraceID: [UInt8]] = [:]
        /// By trace: the authentications that its requests begin with although they are traces of their own.
        var authentications: [TraceID: [TiedAuthentication]] = [:]
        /// Times that each wanted trace was wanted.
        var ages: [TraceID: Int] = [:]
        var byteCount = 0
    }

    /// Finds the authentications of a trace's requests, given what is kept of it.
    package typealias FindAuthentications = (TraceID, _ message: [UInt8]) -> [TiedAuthentication]

    /// Bytes; 0 keeps nothing.
    package let limit: Int
    private let state = Mutex(State())

    /// Exporters hold spans for seconds; by then all spans of a trace have arrived.
    private static let ageMax = 32
    /// A trace's part of the tables.
    private static let entryBytes = 128

    package init(limit: Int) {
        self.limit = limit
    }

    /// Keeps these traces and no others, with the traces of their authentications. New ones are read from the bodies, and
    /// again after one second, two, four and so on, for late spans. The bodies lend the room.
    ///
    /// Call it from one thread, once a second.
    package func keep(
        _ wanted: Set<TraceID>, from bodies: RecentBodies, authentications: FindAuthentications = { _, _ in [] }
    ) {
        guard limit > 0 else { return }
        for trace in begin(wanted, bodies) {
            let message = WholeTraces(bodies, kept: [self]).message(of: [trace])
            let found = authentications(trace, message)
            state.withLock { state in
                if !found.isEmpty { state.authentications[trace] = found }
                store(message, of: trace, bodies, &state)
            }
        }
    }

    /// Releases what isn't wanted any more.
    /// - Returns: the traces to look for.
    private func begin(_ wanted: Set<TraceID>, _ bodies: RecentBodies) -> [TraceID] {
        state.withLock { state in
            state.authentications = state.authentications.filter { wanted.contains($0.key) }
            let wanted = wanted.union(state.authentications.values.joined().map(\.trace))
            state.ages = state.ages.filter { wanted.contains($0.key) }
            let before = state.byteCount
            for (trace, message) in state.messages where !wanted.contains(trace) {
                state.messages[trace] = nil
                state.byteCount -= message.count + Self.entryBytes
            }
            bodies.lend(state.byteCount - before)
            return wanted.filter { trace in
                let age = min(state.ages[trace, default: 0] + 1, Self.ageMax + 1)
                state.ages[trace] = age
                return age <= Self.ageMax && age & (age - 1) == 0
            }
        }
    }

    /// Keeps what was found of a trace, if there is room. That includes what was known before.
    private func store(_ message: [UInt8], of trace: TraceID, _ bodies: RecentBodies, _ state: inout State) {
        let known = state.messages[trace].map { $0.count + Self.entryBytes } ?? 0
        let bytes = state.byteCount - known + message.count + Self.entryBytes
        guard !message.isEmpty, bytes <= limit else { return }
        bodies.lend(bytes - state.byteCount)
        state.messages[trace] = message
        state.byteCount = bytes
    }

    /// What is kept of a trace as an `ExportTraceServiceRequest` on the wire; nil if nothing.
    func message(of trace: TraceID) -> [UInt8]? { state.withLock { $0.messages[trace] } }

    /// The authentications that were tied to a trace's requests.
    func authentications(of trace: TraceID) -> [TiedAuthentication] {
        state.withLock { $0.authentications[trace] ?? [] }
    }

    /// Whether there is hardly room for more.
    package var isCrowded: Bool { use.byteCount > limit / 4 * 3 }

    package var use: Use { state.withLock { Use(byteCount: $0.byteCount, count: $0.messages.count) } }

    package struct Use: Equatable, Sendable {
        package var byteCount: Int
        /// Traces.
        package var count: Int
    }
}
