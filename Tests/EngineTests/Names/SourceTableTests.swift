import TestSupport
import Testing

@testable import Engine

/// Who sent the spans of a window, against a count by name.
@Suite struct `The sources of a window` {
    private static let start: Int64 = 1_767_225_600 * second

    private static func window(sourcesMax: Int, isEndless: Bool = false) -> Window {
        var limits = WindowLimits(duration: minute, sourcesMax: sourcesMax, history: HistoryLimits(duration: minute))
        limits.isEndless = isEndless
        limits.history.keepsSum = !isEndless
        return Window(limits: limits)
    }

    /// Appends one span for each instance.
    private static func append(
        _ instances: [String], of service: String = "junk", at time: Int64, to window: inout Window,
        _ builder: inout BatchBuilder
    ) {
        // A batch that is cleared for the next request keeps its names.
        builder.batch.removeAll()
        for instance in instances { builder.add(service: service, end: time, instance: instance) }
        _ = window.append(builder.batch, arrival: time, evaluatedUpTo: .min)
        window.foldEvicted()
    }

    private static func spans(_ instance: String, in window: borrowing Window) -> Int? {
        window.sources.seen.first { $0.labels.instance == instance }?.counts.spans
    }

    private struct SpanInSlot: Hashable {
        var id: UInt64
        var slot: Int64
        var cluster: String
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>)
    func `count accepted spans once, with the first and the last end`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var window = Window(limits: WindowLimits(duration: nil, sourcesMax: 1_000))
        var senders: [SpanInSlot: SourceLabels] = [:]
        var ends: [SourceLabels: [Int64]] = [:]
        for _ in 0..<20 {
            var builder = BatchBuilder()
            for _ in 0..<Int.random(in: 0...60, using: &random) {
                // Names that are the same once they are strung together are different sources.
                let labels = SourceLabels(
                    cluster: ["", "a", "ab"].randomElement(using: &random) ?? "",
                    service: ["", "b", "bc", "apiserver"].randomElement(using: &random) ?? "",
                    instance: ["", "c", "bc", "\u{0}"].randomElement(using: &random) ?? "")
                let end = Self.start + Int64.random(in: 0...60, using: &random) * second / 3
                let id = UInt64.random(in: 1...100, using: &random)
                builder.add(
                    service: labels.service, end: end, id: id, cluster: labels.cluster, instance: labels.instance)
                let place = SpanInSlot(id: id, slot: end / (5 * second), cluster: labels.cluster)
                guard senders[place] == nil else { continue }
                senders[place] = labels
                ends[labels, default: []].append(end)
            }
            _ = window.append(builder.batch, arrival: Self.start + minute, evaluatedUpTo: .min)
        }
        let seen = window.sources.seen
        #expect(seen.count == ends.count, "seed \(seed)")
        for source in seen {
            let (labels, counts) = (source.labels, source.counts)
            let own = ends[labels] ?? []
            #expect(counts.spans == own.count && counts.first == own.min() && counts.last == own.max(), "seed \(seed)")
        }
        // Each row has the number of its own source, and of no other.
        var pairs: Set<[String]> = []
        let view = window.view()
        for slot in view.slots {
            for number in 0..<slot.count {
                let row = slot.row(number)
                let cluster = view.operations[Int(row.operation)].cluster
                let sender = senders[SpanInSlot(id: row.spanID, slot: slot.start / (5 * second), cluster: cluster)]
                pairs.insert(["\(row.source)", sender.map { "\($0)" } ?? "nobody"])
            }
        }
        #expect(pairs.count == ends.count, "seed \(seed)")
        #expect(Set(pairs.map { $0[0] }).count == ends.count && Set(pairs.map { $0[1] }).count == ends.count)
    }

    @Test func `beyond the limit count together, and leave room for the control plane`() {
        var window = Self.window(sourcesMax: 80)
        var builder = BatchBuilder()
        Self.append((0..<500).map { "junk-\($0)" }, at: Self.start, to: &window, &builder)
        Self.append(["etcd-1"], of: "etcd", at: Self.start, to: &window, &builder)
        Self.append(["node-1"], of: "kube-apiserver", at: Self.start, to: &window, &builder)
        let seen = window.sources.seen
        #expect(seen.count { $0.labels.service == "junk" } == 60)
        #expect(Self.spans("etcd-1", in: window) == 1)
        #expect(Self.spans("node-1", in: window) == 1)
        #expect(Self.spans("_other", in: window) == 440)
        #expect(window.sources.overflowed == 440)
        #expect(window.sources.overflow?.owner == "junk")
    }

    @Test func `are forgotten once the window has none of their spans, and begin anew when they come back`() {
        var window = Self.window(sourcesMax: 4, isEndless: true)
        var builder = BatchBuilder()
        for round in Int64(0)..<40 {
            let time = Self.start + round * 2 * minute
            Self.append(["pod-\(round)", "pod-\(round)", "steady"], at: time, to: &window, &builder)
            let seen = window.sources.seen
            #expect(Self.spans("pod-\(round)", in: window) == 2)
            #expect(seen.first { $0.labels.instance == "pod-\(round)" }?.counts.first == time)
            #expect(seen.count <= 5)
        }
        #expect(window.sources.forgotten > 30)
        #expect(window.sources.overflowed == 0)
        Self.append(["pod-0"], at: Self.start + 90 * minute, to: &window, &builder)
        #expect(Self.spans("pod-0", in: window) == 1)
    }

    @Test func `that are many make nothing else be forgotten`() {
        var window = Self.window(sourcesMax: 4, isEndless: true)
        var builder = BatchBuilder()
        for round in Int64(0)..<20 {
            builder.batch.removeAll()
            let time = Self.start + round * 3 * hour
            builder.add(operation: "operation \(round)", end: time, instance: "pod-\(round)")
            _ = window.append(builder.batch, arrival: time, evaluatedUpTo: .min)
            window.foldEvicted()
        }
        #expect(window.sources.forgotten > 10)
        #expect(window.operations.forgotten == 0)
    }

    @Test func `are all kept in a replay`() {
        var window = Self.window(sourcesMax: 64)
        var builder = BatchBuilder()
        for round in Int64(0)..<40 {
            Self.append(["pod-\(round)"], at: Self.start + round * hour, to: &window, &builder)
        }
        #expect(window.sources.seen.count == 40)
    }
}
