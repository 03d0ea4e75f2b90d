import Testing

@testable import Engine

/// Which pair a span of an operation and a source counts in.
@Suite struct InstanceSeriesTests {
    private let other = SourceLabels(cluster: "_other", service: "_other", instance: "_other")

    private func source(_ service: String, _ instance: String, cluster: String = "") -> SourceLabels {
        SourceLabels(cluster: cluster, service: service, instance: instance)
    }

    private func operation(_ service: String, _ name: String, cluster: String = "") -> OperationLabels {
        OperationLabels(cluster: cluster, service: service, operation: name, kind: .server)
    }

    /// The instance of the pair that a span counts in, and of its series.
    private func place(_ series: InstanceSeries, _ number: Int, _ source: Int) -> (Int, String) {
        let pair = series.pairs[series.pair(series: number, source: source)]
        return (Int(pair.series), series.sources[Int(pair.source)].instance)
    }

    @Test("An operation has a pair for each source of its cluster and service, and one for all others")
    func operations() {
        let sources = [
            other, source("etcd", "a"), source("etcd", "b", cluster: "c"), source("apiserver", "a"),
            source("etcd", "b"),
        ]
        let series = InstanceSeries([operation("etcd", "Range"), operation("etcd", "Txn", cluster: "c")], sources)
        #expect(place(series, 0, 1) == (0, "a"))
        #expect(place(series, 0, 4) == (0, "b"))
        #expect(place(series, 1, 2) == (1, "b"))
        for stranger in [0, 2, 3, 5] { #expect(place(series, 0, stranger) == (0, "_other")) }
        #expect(series.pairs.count == 3 + 2)
    }

    @Test("A request has a pair for each API server of its cluster, whatever its service is called")
    func requests() {
        let requests = ["", "c"].map {
            RequestLabels(cluster: $0, verb: "get", group: "", resource: "pods", subresource: "", scope: "resource")
        }
        let sources = [other, source("apiserver", "a"), source("kube-apiserver", "b"), source("etcd", "a")]
        let operations = ["apiserver", "kube-apiserver", "etcd"].map { operation($0, "GET") }
        let series = InstanceSeries(requests, answeredBy: operations, sources)
        #expect(place(series, 0, 1) == (0, "a"))
        #expect(place(series, 0, 2) == (0, "b"))
        #expect(place(series, 0, 3) == (0, "_other"))
        #expect(place(series, 1, 1) == (1, "_other"))
    }

    @Test("Beyond the limit every series keeps the pair for all sources")
    func limit() {
        let sources = [other] + (0..<10_000).map { source("agent", "node-\($0)") }
        let series = InstanceSeries((0..<30).map { operation("agent", "op-\($0)") }, sources)
        #expect(series.pairs.count <= InstanceSeries.pairsMax)
        #expect(place(series, 0, 9_999) == (0, "node-9998"))
        #expect(place(series, 29, 9_999) == (29, "_other"))
    }
}
