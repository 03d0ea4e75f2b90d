extension ReferenceSpan {
    /// Whether a request lasts as long as its client wants: watch, proxy, attach, exec, portforward, log with follow.
    ///
    /// Follows kube-apiserver's RequestInfo.
    package var isLongRunning: Bool {
        var parts = path
        if parts.first == "api", parts.count >= 3 {
            parts.removeFirst(2)
        } else if parts.first == "apis", parts.count >= 4 {
            parts.removeFirst(3)
        } else {
            return false
        }
        if parts[0] == "watch" || parts[0] == "proxy" { return parts.count >= 2 }
        if parts[0] == "namespaces", parts.count >= 3, parts[2] != "status", parts[2] != "finalize" {
            parts.removeFirst(2)
        }
        if parts.count == 1 { return ["GET", "HEAD"].contains(method) && asks("watch") }
        guard parts.count >= 3 else { return false }
        return ["proxy", "attach", "exec", "portforward"].contains(parts[2]) || parts[2] == "log" && asks("follow")
    }

    private var method: String {
        text("http.request.method") ?? text("http.method")
            ?? nameText.split(separator: " ").first.map(String.init) ?? ""
    }

    /// The parts of the request's path; those of the template in the span's name where it has no path.
    private var path: [String] {
        let written = target.first ?? nameText.split(separator: " ").dropFirst().first.map(String.init) ?? ""
        return written.prefix { $0 != "?" }.split(separator: "/").map(String.init)
    }

    private var target: [String] { [text("url.path"), text("http.target")].compactMap { $0 } }

    /// Whether the query has the parameter with a value that Kubernetes takes for true.
    private func asks(_ parameter: String) -> Bool {
        let queries = target.map { String($0.drop { $0 != "?" }.dropFirst()) } + [text("url.query") ?? ""]
        let values = queries.flatMap { $0.split(separator: "&") }
            .map { $0.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false) }
            .filter { $0[0] == parameter }.map { $0.count > 1 ? $0[1].lowercased() : "" }
        return values.first.map { !["0", "false"].contains($0) } ?? false
    }

    private func text(_ key: String) -> String? {
        texts[key]?.last.map { String(decoding: $0, as: UTF8.self) }
    }
}
