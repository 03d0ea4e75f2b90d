package import Engine
package import Pipeline

/// A row of `requests`: one per kind of request to the API server. Durations in seconds.
package struct RequestRow: Encodable, Sendable {
    package var verb: String
    package var group: String
    package var resource: String
    package var subresource: String
    package var scope: String
    package var count: Int
    package var errors: Int
    package var p50_seconds: Double
    package var p90_seconds: Double
    package var p99_seconds: Double
    package var max_seconds: Double
    /// The longest first.
    package var components: [ComponentRow]
    package var exact: Bool?

    package init(_ row: SeriesSummary<RequestLabels>, components: [ComponentRow]) {
        verb = row.labels.verb
        group = row.labels.group
        resource = row.labels.resource
        subresource = row.labels.subresource
        scope = row.labels.scope
        count = row.count
        errors = row.errors
        p50_seconds = Double(row.p50) / 1e9
        p90_seconds = Double(row.p90) / 1e9
        p99_seconds = Double(row.p99) / 1e9
        max_seconds = Double(row.max) / 1e9
        self.components = components
        exact = row.isExact ? nil : false
    }

    /// A row for each kind of request, with what components took.
    package static func rows(of summary: PipelineSummary) -> [RequestRow] {
        let requests = summary.view.requestSummaries()
        return zip(requests, summary.view.componentSummaries(of: requests)).map { request, components in
            RequestRow(request, components: components.map { ComponentRow($0, summary.componentNames) })
        }
    }
}

/// What a component took of the requests of a row.
package struct ComponentRow: Encodable, Sendable {
    package var component: String
    /// Of all requests together.
    package var seconds: Double
    /// Of the time of all of them, 0...1.
    package var share: Double
    /// Of the component's part, over all requests.
    package var p99_seconds: Double

    package init(_ summary: ComponentSummary, _ names: [String]) {
        component = names[Int(summary.component.number)]
        seconds = Double(summary.sum) / 1e9
        share = summary.share
        p99_seconds = Double(summary.p99) / 1e9
    }
}
