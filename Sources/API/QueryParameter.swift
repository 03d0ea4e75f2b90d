import Engine
import Support

/// A parameter of a resource, in the query or in the path.
struct QueryParameter: Sendable {
    let name: String
    /// What it must be, for the reply to a wrong one.
    let rule: String
    let isValid: @Sendable (_ text: String) -> Bool

    init(_ name: String, _ rule: String, isValid: @escaping @Sendable (_ text: String) -> Bool) {
        self.name = name
        self.rule = rule
        self.isValid = isValid
    }
}

// What resources share. Each parameter stands beside its value.

extension QueryParameter {
    private static let limitMax = 100_000

    static let limit = QueryParameter("limit", "limit is a number from 1 to \(limitMax)") {
        Int($0).map { (1...limitMax).contains($0) } ?? false
    }
}

extension Query {
    /// The maximum number of rows.
    var limit: Int { self[.limit].flatMap { Int($0) } ?? .max }
}

extension QueryParameter {
    static let cluster = QueryParameter("cluster", "cluster is the name of a cluster") { !$0.isEmpty }
}

extension Query {
    /// Whether rows of a cluster are asked for; nil or empty for rows of spans that name none.
    func includes(cluster: String?) -> Bool { self[.cluster].map { $0 == cluster ?? "" } ?? true }
}

extension QueryParameter {
    static let service = QueryParameter("service", "service is the name of a service") { _ in true }
}

extension Query {
    /// nil for all services.
    var service: String? { self[.service] }
}

// MARK: Kinds of request

extension QueryParameter {
    /// The labels of requests.
    static let requestLabels = RequestLabels.names.map { name in
        QueryParameter(name, "\(name) is a \(name) of requests") { _ in true }
    }
}

extension Query {
    /// Whether requests of a kind are asked for.
    func includes(_ labels: RequestLabels) -> Bool {
        includes(cluster: labels.cluster)
            && QueryParameter.requestLabels.allSatisfy { parameter in
                self[parameter].map { $0 == labels[parameter.name] } ?? true
            }
    }
}
