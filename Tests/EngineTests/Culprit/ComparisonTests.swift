import TestSupport
import Testing

@testable import Engine

/// 2026-01-01T00:00:00Z
private let base: Int64 = 1_767_225_600 * second

@Suite struct `The baseline of a fault` {
    /// Twenty handlers a second of etcd for ten minutes, each of which takes up to twice as long as given for its second.
    private func view(_ duration: (_ second: Int64) -> Int64) -> WindowView { view(oneIn: 1, duration) }

    /// - Parameter fraction: only one of so many handlers is there.
    private func view(oneIn fraction: Int, _ duration: (_ second: Int64) -> Int64) -> WindowView {
        var window = Window(limits: WindowLimits(duration: nil))
        var builder = BatchBuilder()
        for number in stride(from: 0, to: Int64(600 * 20), by: fraction) {
            let usual = duration(number / 20)
            builder.add(
                service: "etcd", operation: "etcdserverpb.KV/Range", kind: .server, end: base + number * second / 20,
                duration: usual + usual * (number * 7_919 % 100) / 100)
        }
        _ = window.append(builder.batch, arrival: base + 600 * second, evaluatedUpTo: .min)
        return window.view()
    }

    /// - Parameter faults: in seconds.
    private func comparison(_ view: WindowView, noticedAt: Int64 = 600, faults: [Range<Int64>] = []) -> Comparison {
        answer(view, noticedAt: noticedAt, faults: faults).comparison
    }

    private func answer(
        _ view: WindowView, noticedAt: Int64 = 600, faults: [Range<Int64>] = []
    ) -> (comparison: Comparison, onset: Int64?) {
        let question = ComparisonQuestion(
            time: base + 600 * second, noticedAt: base + noticedAt * second, range: 60 * second, population: .spans,
            series: view.operations.indices.map { Int32($0) },
            faults: faults.map { base + $0.lowerBound * second..<base + $0.upperBound * second })
        return view.comparisons([question])[0]
    }

    private func end(of comparison: Comparison) -> Int64 { (comparison.baseline.upperBound - base) / second }

    @Test func `ends half a minute before it was noticed in time`() {
        let found = view { $0 < 580 ? 1 * millisecond : 100 * millisecond }
        #expect(end(of: comparison(found, noticedAt: 590)) == 560)
    }

    @Test(arguments: [100, 200, 320, 450] as [Int64])
    func `ends before it began where it was noticed late`(onset: Int64) {
        let found = view { $0 < onset ? 1 * millisecond : 100 * millisecond }
        #expect(end(of: comparison(found)) == onset - 5)
    }

    @Test(arguments: [(1, 300), (1, 302), (60, 300), (90, 300)] as [(Int, Int64)])
    func `tells in which slot it began, be the durations few`(fraction: Int, onset: Int64) throws {
        let found = view(oneIn: fraction) { $0 < onset ? 1 * millisecond : 100 * millisecond }
        let began = (try #require(answer(found).onset) - base) / second
        #expect(onset - 5 < began && began <= onset + 5)
        #expect(answer(view(oneIn: fraction) { _ in 1 * millisecond }).onset == nil)
    }

    @Test func `ends before it began where only the slow durations grew`() {
        let found = view { second in second >= 300 && second.isMultiple(of: 5) ? 50 * millisecond : 1 * millisecond }
        #expect((290...300).contains(end(of: comparison(found))))
    }

    @Test func `ends before it began to grow slowly`() {
        let found = view { 1 * millisecond + max($0 - 180, 0) * 100_000 }
        #expect((170...200).contains(end(of: comparison(found))))
    }

    @Test(arguments: [(10, true), (20, false)] as [(Int64, Bool)])
    func `doesn't exist where only a few seconds came before`(onset: Int64, isEmpty: Bool) {
        let found = view { $0 < onset ? 1 * millisecond : 100 * millisecond }
        #expect(comparison(found, noticedAt: onset + 30).baseline.isEmpty == isEmpty)
    }

    @Test func `doesn't end at an earlier rise that has only a few seconds before it`() {
        let found = view { $0 < 10 ? 1 * millisecond : $0 < 100 ? 4 * millisecond : 100 * millisecond }
        #expect(end(of: comparison(found, noticedAt: 130)) == 95)
    }

    @Test func `is not shortened where nothing grew`() {
        #expect(end(of: comparison(view { _ in 1 * millisecond })) == 570)
    }

    @Test func `is not shortened by a fault that is over`() {
        let found = view { 200..<260 ~= $0 ? 100 * millisecond : 1 * millisecond }
        #expect(end(of: comparison(found)) == 570)
    }

    @Test func `leaves out earlier faults`() {
        let found = view { 60..<500 ~= $0 || $0 >= 560 ? 100 * millisecond : 1 * millisecond }
        let known = comparison(found, noticedAt: 590, faults: [60..<505])
        var digests = SlotDigests()
        #expect(found.evidence(known, ofCluster: "", ComponentTable(), &digests).etcd.times > 50)
        let unknown = Comparison(interval: known.interval, baseline: known.baseline)
        #expect(found.evidence(unknown, ofCluster: "", ComponentTable(), &digests).etcd.times < 3)
    }
}
