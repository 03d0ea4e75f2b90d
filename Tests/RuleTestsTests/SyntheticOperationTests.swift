import Rules
import Testing

@testable import RuleTests

@Suite struct `A line that describes spans` {
    /// Nearest rank.
    private static func quantile(_ sorted: [Int64], _ millionths: Int) -> Int64 {
        sorted[(sorted.count * millionths + 999_999) / 1_000_000 - 1]
    }

    @Test(arguments: [
        ("etcd Range p50=20ms p99=900ms for 10m", [(500_000, 20), (990_000, 900), (1_000_000, 900)]),
        ("etcd Range p10=1ms p90=2ms max=50ms for 10m", [(100_000, 1), (900_000, 2), (1_000_000, 50)]),
        ("etcd Range p50=5ms p99.9=1000ms max=2000ms rate=10/s for 10m", [(999_000, 1000), (1_000_000, 2000)]),
    ])
    func `makes durations with exactly its percentiles`(line: String, percentiles: [(millionths: Int, ms: Int64)])
        throws
    {
        let operation = try SyntheticOperation(line)
        // Any run of a thousand spans has them, not only the first.
        for first in [0, 1, 333] {
            guard operation.count >= first + 1000 || first == 0 else { continue }
            let block = operation.count >= 1000 ? 1000 : 100
            let sorted = (first..<first + block).map { operation.duration($0) }.sorted()
            for (millionths, ms) in percentiles {
                #expect(Self.quantile(sorted, millionths) == ms * 1_000_000, "p\(millionths) from \(first)")
            }
        }
    }

    @Test func `spreads its errors evenly`() throws {
        let operation = try SyntheticOperation("shop pay p50=1ms errors=2.5% rate=100/s for 1m")
        #expect(operation.count == 6000)
        for first in stride(from: 0, to: 6000, by: 200) {
            #expect((first..<first + 200).count { operation.isError($0) } == 5)
        }
    }

    @Test func `ends its spans within its time, one in the middle of each interval`() throws {
        let operation = try SyntheticOperation("shop pay p50=1ms rate=4/s from 10s for 1s")
        let ends = (0..<operation.count).map { operation.end(of: $0) }
        #expect(ends == [10_125, 10_375, 10_625, 10_875].map { $0 * 1_000_000 })
    }

    @Test(arguments: [
        ("list pods", "GET /api/v1/namespaces/default/pods"),
        ("get pods", "GET /api/v1/namespaces/default/pods/example"),
        ("create deployments.apps", "POST /apis/apps/v1/namespaces/default/deployments"),
        ("patch deployments.apps/status", "PATCH /apis/apps/v1/namespaces/default/deployments/example/status"),
        ("list nodes scope=cluster", "GET /api/v1/nodes"),
    ])
    func `names a request as kubectl does`(request: String, wanted: String) throws {
        guard case .request(let made) = try SyntheticOperation("apiserver \(request) p50=1ms for 1m").name else {
            Issue.record("\(request) is taken for the name of a span")
            return
        }
        #expect("\(made.method) \(made.path)" == wanted)
    }

    @Test(arguments: [
        ("", 0, "a line begins with"), ("etcd Range p50=1ms", 0, "for how long"), ("etcd Range for 1m", 0, "p50=20ms"),
        ("etcd Range p50=fast for 1m", 15, "a duration"), ("etcd Range p50=2ms p99=1ms for 1m", 0, "at least as long"),
        ("etcd Range Put p50=1ms for 1m", 5, "is not a verb"), ("etcd \"Range p50=1ms", 5, "never closed"),
        ("etcd Range p50=1ms rate=1000000/s for 1m", 0, "more than 5000000 spans"),
        ("etcd Range p50=1ms for 1m later", 26, "unexpected \"later\""),
    ])
    func `is refused at the position of its fault`(line: String, position: Int, message: String) {
        let error = #expect(throws: ConditionError.self) { try SyntheticOperation(line) }
        #expect(error?.position == position && error?.message.contains(message) == true, "\(String(describing: error))")
    }
}
