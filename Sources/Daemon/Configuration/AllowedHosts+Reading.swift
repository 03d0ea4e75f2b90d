import API
import Rules

extension AllowedHosts {
    mutating func readExternalURL(_ node: YAMLNode, _ diagnostics: inout RuleDiagnostics) {
        guard let text = node.string("external_url", &diagnostics) else { return }
        guard setExternalURL(text) else {
            return diagnostics.report(
                node.start, "external_url is an address such as https://faultline.example.com, but found \(node.phrase)"
            )
        }
    }

    mutating func readNames(_ node: YAMLNode, _ diagnostics: inout RuleDiagnostics) {
        for entry in node.list("allowed_hosts", &diagnostics) ?? [] {
            guard let text = entry.string("a host", &diagnostics) else { continue }
            guard add(name: text) else {
                diagnostics.report(
                    entry.start,
                    "a host is a name such as faultline.example.com, without a port, but found \(entry.phrase)")
                continue
            }
        }
    }
}
