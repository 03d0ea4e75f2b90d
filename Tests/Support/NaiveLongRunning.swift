extension ReferenceSpan {
    /// Whether a request lasts as long as its client wants: watch, proxy, attach, exec, portforward, log with follow.
    ///
    /// Follows kube-apiserver's RequestInfo.
    package var isLongRunning: Bool {
        var parts = path
        if decodedPath.hasPrefix("/debug/pprof/") { return true }
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

    /// The request's path, decoded; the template in the span's name if there is no path.
    private var decodedPath: String {
        let written = target.first ?? nameText.split(separator: " ").dropFirst().first.map(String.init) ?? ""
        let path = String(written.prefix { $0 != "?" })
        return NaiveURL.unescape(path, plus: "+") ?? path
    }

    private var path: [String] { decodedPath.split(separator: "/").map(String.init) }

    private var target: [String] { [text("url.path"), text("http.target")].compactMap { $0 } }

    /// Whether the query has the parameter with a value that Kubernetes considers true. If it is given several times,
    /// the first counts.
    private func asks(_ parameter: String) -> Bool {
        let queries = target.map { String($0.drop { $0 != "?" }.dropFirst()) } + [text("url.query") ?? ""]
        let values = queries.flatMap { NaiveURL.parameters($0) }.filter { $0.key == parameter }
        return values.first.map { !["0", "false"].contains($0.value.lowercased()) } ?? false
    }

    private func text(_ key: String) -> String? {
        texts[key]?.last.map { String(decoding: $0, as: UTF8.self) }
    }
}

/// The parts of a URL as Go's net/url reads them.
enum NaiveURL {
    /// nil if an escape is invalid.
    static func unescape(_ text: String, plus: Character) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes += byte == UInt8(ascii: "+") ? Array(String(plus).utf8) : [byte]
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit), let value = UInt8(digits, radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The pairs of a query that can be parsed.
    static func parameters(_ query: String) -> [(key: String, value: String)] {
        query.split(separator: "&").filter { !$0.contains(";") }.compactMap { pair in
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let key = unescape(halves[0], plus: " "),
                let value = unescape(halves.count > 1 ? halves[1] : "", plus: " ")
            else { return nil }
            return (key, value)
        }
    }
}
