import Engine
import Foundation
import Pipeline
import Replay
import Rules
import Testing
import TestSupport

/// Replays every capture through the pipeline and compares with the exact truth computed beside it.
@Suite struct `A replay of recorded spans` {
    private struct Truth: Decodable {
        struct Operation: Decodable {
            var service: String
            var name: String
            var kinds: [String: Int]
            var count: Int
            var errors: Int
            var p50_ns: Int64
            var p90_ns: Int64
            var p99_ns: Int64
            var max_ns: Int64
            var sum_ns: Int64
        }

        var spans: Int
        var operations: [Operation]
    }

    private func replay(_ archive: URL, batchesTwice: Bool = false) throws -> Pipeline {
        let pipeline = Pipeline(rules: RuleEvaluator([]), limits: WindowLimits(duration: nil))
        let archives = batchesTwice ? [archive.path, archive.path] : [archive.path]
        let replay = try Replay(archives, endingIn: .min..<(.max)) { pipeline }
        while replay.step() {}
        #expect(replay.problems.isEmpty)
        return pipeline
    }

    @Test func `gives the exact counts, errors and percentiles of every operation`() throws {
        for archive in Captures.archives {
            let truth = try Captures.companion(archive, "truth.json", as: Truth.self)
            let summary = try replay(archive).summary()
            #expect(summary.counts.accepted == truth.spans)
            let rows = Dictionary(
                grouping: summary.view.operationSummaries(), by: { [$0.labels.service, $0.labels.operation] })
            #expect(rows.count == truth.operations.count)
            for operation in truth.operations {
                let found = rows[[operation.service, operation.name]] ?? []
                #expect(found.count == operation.kinds.count)
                for row in found { #expect(operation.kinds[row.labels.kind.name] == row.count) }
                // Their percentiles would mix all kinds.
                try #require(found.count == 1)
                let row = found[0]
                #expect(row.isExact)
                #expect(row.errors == operation.errors)
                #expect(
                    [row.p50, row.p90, row.p99, row.max]
                        == [operation.p50_ns, operation.p90_ns, operation.p99_ns, operation.max_ns])
                #expect(row.sum == Int128(operation.sum_ns))
            }
        }
    }

    @Test func `counts repeated records once`() throws {
        let once = try replay(Captures.example).summary()
        let twice = try replay(Captures.example, batchesTwice: true).summary()
        #expect(twice.counts.accepted == once.counts.accepted)
        #expect(twice.counts.duplicates == once.counts.accepted)
        let a = once.view.operationSummaries()
        let b = twice.view.operationSummaries()
        #expect(a.map(\.labels) == b.map(\.labels))
        #expect(a.map(\.p99) == b.map(\.p99))
    }

    @Test func `measures the same within 0.55 percent if the window is too small and the history takes over`() throws {
        let exact = try replay(Captures.example).summary().view.operationSummaries()
        let replay = try Replay([Captures.example.path], endingIn: .min..<(.max)) {
            Pipeline(
                rules: RuleEvaluator([]), limits: WindowLimits(duration: nil, bytesMax: 400_000))
        }
        while replay.step() {}
        let pipeline = replay.pipeline
        let summary = pipeline.summary()
        let rows = summary.view.operationSummaries()
        #expect(rows.map(\.labels) == exact.map(\.labels))
        #expect(rows.contains { !$0.isExact })
        for (row, expected) in zip(rows, exact) {
            #expect(row.count == expected.count && row.errors == expected.errors && row.max == expected.max)
            for (approximate, value) in [(row.p50, expected.p50), (row.p99, expected.p99)] {
                #expect(abs(Double(approximate - value)) <= Double(value) * 0.0055 + 1)
            }
        }
    }
}
