@testable import Engine
import TestSupport
import Testing

@Suite struct `Spans put in order of event time` {
    private func names(_ batch: borrowing SpanBatch, _ row: Int) -> String {
        let operation = batch.withOperation(Int(batch.columns.operation[row])) { service, name, kind in
            "\(service.text) \(name.text) \(kind.name)"
        }
        return batch.withSource(Int(batch.columns.source[row])) { cluster, service, instance in
            "\(cluster.text) \(operation) \(cluster.text) \(service.text) \(instance.text)"
        }
    }

    /// Every span as text that sorts as spans should: end, trace, span, start, then names.
    private func lines(_ batch: borrowing SpanBatch) -> [String] {
        (0..<batch.count).map { row in
            let span = batch.columns.row(row)
            func digits(_ number: some BinaryInteger) -> String {
                let text = String(number)
                return String(repeating: "0", count: 20 - text.count) + text
            }
            let message = span.flags.message == 0 ? "" : batch.withMessage(Int(span.flags.message) - 1) { $0.text }
            return [digits(batch.end(row)), digits(span.traceLow), digits(span.spanID), digits(span.start)]
                .joined(separator: " ") + " \(span.flags.isError ? 1 : 0) " + names(batch, row) + " \(message)"
        }
    }

    private func drain(_ order: inout SpanOrder) -> [String] {
        var sort = BinSort()
        var found: [String] = []
        while let bin = order.takeFirst() {
            sort.order(bin, order.names)
            var batch = SpanBatch()
            sort.append(0..<bin.count, of: bin, &order.names, to: &batch)
            found += lines(batch)
            order.recycle(bin)
        }
        return found
    }

    @Test(arguments: 1...30 as ClosedRange<UInt64>)
    func `come out sorted by all their fields, whatever batches they came in`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var order = SpanOrder()
        var expected: [String] = []
        // Few ends and few ids, so that many spans share them; now and then many at the same nanosecond.
        let ends = Int64.random(in: 1...200, using: &generator)
        for _ in 0..<Int.random(in: 1...20, using: &generator) {
            var builder = BatchBuilder()
            for _ in 0..<Int.random(in: 0...80, using: &generator) {
                builder.add(
                    service: ["apiserver", "etcd"].randomElement(using: &generator) ?? "",
                    operation: ["Get", "Gets", "List", ""].randomElement(using: &generator) ?? "",
                    end: 5_000_000_000 + Int64.random(in: 0...ends, using: &generator) * 77_777_777,
                    duration: Int64.random(in: 0...2, using: &generator),
                    isError: Bool.random(using: &generator),
                    message: ["", "no leader", "no lead", "no space"].randomElement(using: &generator) ?? "",
                    id: UInt64.random(in: 1...9, using: &generator),
                    cluster: ["", "a", "ab"].randomElement(using: &generator) ?? "",
                    instance: ["", "b", "ba", "a"].randomElement(using: &generator) ?? "")
            }
            expected += lines(builder.batch)
            let isInTime = order.insert(builder.batch)
            #expect(isInTime)
        }
        let found = drain(&order)
        #expect(found == expected.sorted())
        let (isEmpty, byteCount) = (order.isEmpty, order.byteCount)
        #expect(isEmpty && byteCount == 0)
    }

    @Test func `that come for a second that was closed are refused`() {
        var order = SpanOrder()
        order.close(3)
        var builder = BatchBuilder()
        builder.add(end: 4_000_000_000)
        let isInTime = order.insert(builder.batch)
        #expect(isInTime)
        builder.add(end: 3_999_999_999)
        let isStillInTime = order.insert(builder.batch)
        #expect(!isStillInTime)
    }
}

extension RawSpan {
    fileprivate var text: String { unsafe withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) } }
}
