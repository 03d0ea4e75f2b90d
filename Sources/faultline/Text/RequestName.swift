import Report

/// `update deployments.apps/status (resource)`, as kubectl writes resources.
enum RequestName {
    static func text(
        verb: String, group: String, resource: String, subresource: String, scope: String = ""
    ) -> String {
        guard !resource.isEmpty else { return "\(verb) (no resource)" }
        var name = "\(verb) \(resource)"
        if !group.isEmpty { name += ".\(group)" }
        if !subresource.isEmpty { name += "/\(subresource)" }
        return scope.isEmpty ? name : "\(name) (\(scope))"
    }

    static func text(_ row: RequestRow) -> String {
        text(
            verb: row.verb, group: row.group, resource: row.resource, subresource: row.subresource, scope: row.scope)
    }
}
