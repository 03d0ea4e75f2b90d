import Engine

/// Request labels as the API writes them.
struct RequestLabelsJSON: Encodable, Sendable {
    var verb: String
    var group: String
    var resource: String
    var subresource: String
    var scope: String

    init(_ labels: RequestLabels) {
        verb = labels.verb
        group = labels.group
        resource = labels.resource
        subresource = labels.subresource
        scope = labels.scope
    }
}

struct ComponentSecondsJSON: Encodable, Sendable {
    var component: String
    var seconds: Double
}
