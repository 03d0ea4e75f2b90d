import TestSupport
import Testing

@testable import Engine

/// 2026-01-01T00:00:00Z
private let base: Int64 = 1_767_225_600 * second

@Suite struct `Requests of slots that have not settled` {
    private struct Cell: Hashable {
        let slot: Int64
        let series: Int
        let code: UInt16
    }

    private static func counts(_ view: WindowView) -> [Cell: Int] {
        var counts: [Cell: Int] = [:]
        for slot in view.slots {
            slot.forEachCells(of: .requests, where: { $0 != 1 }) { series, cells in
                for index in cells.indices {
                    let cell = Cell(slot: slot.start, series: series, code: cells[index].code)
                    counts[cell, default: 0] += Int(cells[index].count)
                }
            }
        }
        return counts
    }

    @Test func `are counted like one by one, from one evaluation to the next`() {
        var random = SeededGenerator(seed: 1)
        var window = Window(limits: WindowLimits(duration: nil))
        var known = OpenRequests()
        var builder = BatchBuilder()
        var attributor = Attributor()
        for evaluation in 0..<Int64(24) {
            builder.batch.removeAll()
            for _ in 0..<random.number(1...900) {
                let end = base + evaluation * second - Int64(random.number(-4_000...4_000)) * millisecond
                let target = random.pick(["/api/v1/pods", "/api/v1/nodes", "/healthz", "/api/v1/pods?watch=1"])
                let duration = Int64(1) << Int64(random.number(10...36))
                builder.addRequest(method: random.pick(["GET", "POST"]), target: target, end: end, duration: duration)
            }
            _ = window.append(builder.batch, arrival: base + evaluation * second, evaluatedUpTo: .min)
            for slot in attributor.settle(window.view(), at: base + (evaluation + 20) * second) { window.attach(slot) }
            let plain = window.view()
            var view = plain
            known.attach(to: &view)
            #expect(Self.counts(view) == Self.counts(plain))
        }
        #expect(known.byteCount > 0)
    }
}
