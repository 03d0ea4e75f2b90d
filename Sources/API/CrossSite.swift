import HTTPTypes

/// Whether a request that would change something was sent by a page of another site, in the name of whoever looks at it.
struct CrossSite {
    let hosts: AllowedHosts

    /// Browsers say where a request comes from; what says nothing is no browser.
    func isForeign(_ request: HTTPRequest) -> Bool {
        let fields = request.headerFields
        // What a page can't set (Fetch Metadata): "none" is the user's own doing.
        if let name = HTTPField.Name("Sec-Fetch-Site") {
            guard fields[values: name].allSatisfy({ ["same-origin", "none"].contains($0.lowercased()) }) else {
                return true
            }
        }
        let authority = request.authority ?? ""
        let origins = fields[values: .origin]
        guard origins.isEmpty else {
            return !origins.allSatisfy { hosts.allow(WebOrigin(field: $0), authority: authority) }
        }
        return !fields[values: .referer].allSatisfy { hosts.allow(WebOrigin(url: $0), authority: authority) }
    }
}
