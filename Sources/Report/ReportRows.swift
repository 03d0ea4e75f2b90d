package import Engine
package import Pipeline
package import Support

/// A row of `operations`, one for each (service.name, span name, kind) of a cluster. Durations in seconds.
package struct OperationRow: Encodable, Sendable {
    /// Absent where the spans name none.
    package var cluster: String?
    package var service: String
    package var operation: String
    package var kind: String
    package var count: Int
    package var errors: Int
    var error_ratio: Double
    /// Spans per second, including unsampled ones.
    package var rate: Double
    /// How many spans `count` stands for; absent if all of them arrived.
    var estimated_count: Double?
    /// How the ratio of sampling is known; absent where nothing is known.
    var sampling_source: String?
    var mean_seconds: Double
    package var p50_seconds: Double
    package var p90_seconds: Double
    package var p99_seconds: Double
    package var max_seconds: Double
    /// Self times; absent if no span was attributed.
    var self_mean_seconds: Double?
    var self_p50_seconds: Double?
    var self_p90_seconds: Double?
    package var self_p99_seconds: Double?
    var self_max_seconds: Double?
    /// False if percentiles come from a histogram; absent if they are exact.
    var exact: Bool?
    /// True for the streams of an operation; absent for other spans.
    var stream: Bool?

    init(
        _ row: SeriesSummary<OperationLabels>, selfTime: SeriesSummary<OperationLabels>?, seconds: Double,
        sampling: SampledRow = SampledRow(), isStream: Bool = false
    ) {
        cluster = row.labels.cluster.isEmpty ? nil : row.labels.cluster
        service = row.labels.service
        operation = row.labels.operation
        kind = row.labels.kind.name
        count = row.count
        errors = row.errors
        error_ratio = Double(row.errors) / Double(row.count)
        rate = sampling.rate(of: row, seconds: seconds)
        estimated_count = sampling.estimatedCount(of: row)
        sampling_source = sampling.source
        mean_seconds = Double(row.sum) / Double(row.count) / 1e9
        p50_seconds = Double(row.p50) / 1e9
        p90_seconds = Double(row.p90) / 1e9
        p99_seconds = Double(row.p99) / 1e9
        max_seconds = Double(row.max) / 1e9
        self_mean_seconds = selfTime.map { Double($0.sum) / Double($0.count) / 1e9 }
        self_p50_seconds = selfTime.map { Double($0.p50) / 1e9 }
        self_p90_seconds = selfTime.map { Double($0.p90) / 1e9 }
        self_p99_seconds = selfTime.map { Double($0.p99) / 1e9 }
        self_max_seconds = selfTime.map { Double($0.max) / 1e9 }
        exact = row.isExact ? nil : false
        stream = isStream ? true : nil
    }

    /// One row for each operation.
    ///
    /// - Parameter range: of span ends, Unix nanoseconds; nil for everything.
    package static func rows(of summary: PipelineSummary, in range: Range<Int64>? = nil) -> [OperationRow] {
        let seconds = summary.seconds(in: range)
        let selfTimes = summary.view.selfTimeSummaries(in: range)
        let sampled = SampledRows(.spans, in: range, of: summary.view)
        return summary.view.operationSummaries(in: range).map {
            OperationRow(
                $0, selfTime: selfTimes[$0.series], seconds: seconds,
                sampling: sampled.row($0.series, service: $0.labels.service, cluster: $0.labels.cluster))
        }
    }
}

/// A row of `requests`, one for each kind of API request of a cluster. Durations in seconds.
package struct RequestRow: Encodable, Sendable {
    /// Absent where the spans name none.
    package var cluster: String?
    package var verb: String
    package var group: String
    package var resource: String
    package var subresource: String
    package var scope: String
    package var count: Int
    package var errors: Int
    /// Requests per second, including unsampled ones.
    var rate: Double
    /// How many requests `count` stands for; equal to it if all of them arrived.
    var estimated_count: Double
    /// How the ratio of sampling is known; absent where nothing is known.
    var sampling_source: String?
    package var p50_seconds: Double
    package var p90_seconds: Double
    package var p99_seconds: Double
    package var max_seconds: Double
    /// Sorted by time, longest first.
    package var components: [ComponentRow]
    /// Requests that begin with their SERVER span because their authentication can't be identified, by reason; absent
    /// if there are none.
    package var without_authentication: WithoutAuthenticationRow?
    var exact: Bool?

    init(
        _ row: SeriesSummary<RequestLabels>, components: [ComponentRow],
        without authentication: WithoutAuthentication = WithoutAuthentication(), seconds: Double,
        sampling: SampledRow = SampledRow()
    ) {
        cluster = row.labels.cluster.isEmpty ? nil : row.labels.cluster
        verb = row.labels.verb
        group = row.labels.group
        resource = row.labels.resource
        subresource = row.labels.subresource
        scope = row.labels.scope
        count = row.count
        errors = row.errors
        rate = sampling.rate(of: row, seconds: seconds)
        estimated_count = sampling.estimatedCount(of: row) ?? Double(row.count)
        sampling_source = sampling.source
        p50_seconds = Double(row.p50) / 1e9
        p90_seconds = Double(row.p90) / 1e9
        p99_seconds = Double(row.p99) / 1e9
        max_seconds = Double(row.max) / 1e9
        self.components = components
        without_authentication = authentication.isEmpty ? nil : WithoutAuthenticationRow(authentication)
        exact = row.isExact ? nil : false
    }

    /// One row for each kind of request, with its components.
    ///
    /// - Parameters:
    ///   - range: of the ends of requests, Unix nanoseconds; nil for everything.
    ///   - isWanted: which kinds.
    package static func rows(
        of summary: PipelineSummary, in range: Range<Int64>? = nil,
        where isWanted: (RequestLabels) -> Bool = { _ in true }
    ) -> [RequestRow] {
        let requests = summary.view.requestSummaries(in: range).filter { isWanted($0.labels) }
        let without = summary.view.withoutAuthentication(in: range)
        let components = summary.view.componentSummaries(of: requests, in: range)
        let sampled = SampledRows(.requests, in: range, of: summary.view)
        let seconds = summary.seconds(in: range)
        return zip(requests, components).map { request, components in
            RequestRow(
                request, components: components.map { ComponentRow($0, summary.componentNames) },
                without: without[request.series], seconds: seconds,
                sampling: sampled.row(request.series, cluster: request.labels.cluster))
        }
    }
}

/// Why requests begin with their own span.
package struct WithoutAuthenticationRow: Encodable, Sendable {
    /// Their instance's spans are sampled.
    package var sampled: Int
    /// Their instance has too many lone authentications.
    package var too_many: Int

    init(_ counts: WithoutAuthentication) {
        sampled = counts.sampled
        too_many = counts.crowded
    }
}

/// A component's part of the requests of a row.
package struct ComponentRow: Encodable, Sendable {
    package var component: String
    /// Sum over all requests.
    package var seconds: Double
    /// Fraction of the requests' total time, 0...1.
    package var share: Double
    /// Percentile of the component's part over all requests.
    var p99_seconds: Double

    init(_ summary: ComponentSummary, _ names: [String]) {
        component = names[Int(summary.component.number)]
        seconds = Double(summary.sum) / 1e9
        share = summary.share
        p99_seconds = Double(summary.p99) / 1e9
    }
}

/// A row of `sources`: what one instance of a service sent since the start, or in a range.
package struct SourceRow: Encodable, Sendable {
    /// Empty if the resource doesn't name it; so is the instance.
    package var cluster: String
    package var service: String
    package var instance: String
    /// `apiserver`, `etcd` or `kubelet`, as the configuration knows services; null for others.
    @OrNull var role: String?
    /// The latest that its spans tell of; null if they tell none.
    @OrNull var version: String?
    /// Accepted ones.
    package var spans: Int
    /// Of these, those that arrived after the time of their end had been evaluated.
    var late: Int
    /// The longest delay of a late span after its end; null if none was late.
    @OrNull var lateness_seconds: Double?
    /// The earliest and the latest span end, RFC 3339.
    var first: String
    var last: String
    /// The ratio that its traces were sampled with; null if it isn't known.
    @OrNull package var sampling_ratio: Double?
    /// How it is known: `configured`, `tracestate` or `estimated`.
    @OrNull package var sampling_source: String?

    /// How far its clock is ahead of the API servers', for which its spans are corrected; null if it isn't known.
    @OrNull var clock_offset_seconds: Double?
    /// Which spelling of the semantic conventions its attributes have: `older`, `newer` or `mixed`; null if it isn't known.
    @OrNull var dialect: String?

    private init(_ source: SeenSource, _ amount: SourceAmount?) {
        let (labels, counts) = (source.labels, source.counts)
        cluster = labels.cluster
        service = labels.service
        instance = labels.instance
        role = source.role == .other ? nil : source.role.rawValue
        version = counts.version
        spans = amount?.spans ?? counts.spans
        late = counts.late
        lateness_seconds = counts.late > 0 ? Double(counts.lateness) / 1e9 : nil
        first = Timestamp.rfc3339(amount?.first ?? counts.first)
        last = Timestamp.rfc3339(amount?.last ?? counts.last)
        sampling_ratio = source.sampling?.ratio
        sampling_source = source.sampling?.source.rawValue
        clock_offset_seconds = source.clockOffset.map { Double($0) / 1e9 }
        dialect = counts.dialects.name
    }

    /// One row for each source that is wanted, by cluster, service and instance.
    ///
    /// - Parameter amounts: what came in a range, from sources that have any spans in it; nil for everything since the start.
    package static func rows(
        of table: SourceTable, in amounts: [SourceLabels: SourceAmount]? = nil,
        where isWanted: (SourceLabels) -> Bool = { _ in true }
    ) -> [SourceRow] {
        let seen = table.seen.filter { isWanted($0.labels) && amounts?.keys.contains($0.labels) != false }
        return seen.map { SourceRow($0, amounts?[$0.labels]) }.sorted {
            ($0.cluster, $0.service, $0.instance) < ($1.cluster, $1.service, $1.instance)
        }
    }
}

/// What the rows of a table count beyond the spans that arrived.
struct SampledRows {
    private let sampling: WindowSampling
    /// nil if no source is known to leave out traces.
    private let scales: SeriesScales?

    /// - Parameter range: of span ends, Unix nanoseconds; nil for everything.
    init(_ population: Population, in range: Range<Int64>?, of view: WindowView) {
        sampling = view.sampling
        scales = view.scales(population, in: range)
    }

    /// The sampling of an operation.
    func row(_ series: Int, service: String, cluster: String) -> SampledRow {
        SampledRow(scale: scales?[series], source: sampling.ofService(service, cluster: cluster)?.source.rawValue)
    }

    /// The sampling of a kind of request.
    func row(_ series: Int, cluster: String) -> SampledRow {
        SampledRow(scale: scales?[series], source: sampling.ofRequests(cluster: cluster)?.source.rawValue)
    }
}

/// How the spans or requests of a row were sampled.
struct SampledRow {
    /// How many there were for each one that arrived; nil if all arrived.
    var scale: SampleScale?
    var source: String?

    init(scale: SampleScale? = nil, source: String? = nil) {
        self.scale = scale
        self.source = source
    }

    func estimatedCount<Labels>(of row: SeriesSummary<Labels>) -> Double? {
        scale.map { $0.estimate(row.count, errors: row.errors) }
    }

    func rate<Labels>(of row: SeriesSummary<Labels>, seconds: Double) -> Double {
        seconds > 0 ? (estimatedCount(of: row) ?? Double(row.count)) / seconds : 0
    }
}

/// The operations of a report for people. Spans that last as long as a stream would hide how long everything else
/// takes, so they are kept separate.
package struct OperationTables: Sendable {
    package let rest: [OperationRow]
    /// See `StreamSplit.streams`.
    package let streams: [OperationRow]

    package init(rest: [OperationRow]) {
        self.rest = rest
        streams = []
    }

    /// - Parameters:
    ///   - summary: attributed.
    ///   - range: of span ends, Unix nanoseconds; nil for everything.
    package init(_ summary: PipelineSummary, in range: Range<Int64>? = nil) {
        let split = StreamSplit(of: summary.view, in: range)
        let selfTimes = summary.view.selfTimeSummaries(in: range)
        let seconds = summary.seconds(in: range)
        let sampled = SampledRows(.spans, in: range, of: summary.view)
        func row(_ row: SeriesSummary<OperationLabels>, isStream: Bool) -> OperationRow {
            OperationRow(
                row, selfTime: isStream ? nil : selfTimes[row.series], seconds: seconds,
                sampling: sampled.row(row.series, service: row.labels.service, cluster: row.labels.cluster),
                isStream: isStream)
        }
        rest = split.rest.map { row($0, isStream: false) }
        streams = split.streams.map { row($0, isStream: true) }
    }
}
