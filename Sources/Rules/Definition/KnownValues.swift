import Engine
import Support
package import YAML

/// The values that labels can have. A selector on any other value selects nothing, so its rule never fires.
enum KnownValues {
    /// Verbs of long-running requests. Kubernetes authorizers call most of them `connect`.
    private static let longRunningVerbs: Set = ["watch", "proxy", "connect"]
    private static let longRunningSubresources: Set = ["attach", "exec", "portforward", "proxy"]
    private static let apart =
        "long-running requests (watch, proxy, attach, exec, portforward, log with follow) are counted separately; "
        + "select their spans by service, operation and kind"

    /// All values of a label; nil if there is no fixed set.
    static func all(of label: String) -> [String]? {
        switch label {
        case "kind": SpanKind.allCases.map(\.name)
        case OperationLabels.role: ServiceRole.allCases.map(\.rawValue)
        case "scope": ["resource", "namespace", "cluster", ""]
        case "verb": RequestVerb.allCases.map(\.name).filter { !longRunningVerbs.contains($0) }
        default: nil
        }
    }

    /// Why a label never has a value, with the fix; nil if it can have it.
    /// - Parameter isExcluded: whether the selector excludes the value. Excluding a long-running verb is harmless, so
    ///   it isn't reported.
    static func problem(of label: String, value: String, isExcluded: Bool) -> String? {
        let isLongRunning =
            label == "verb" && longRunningVerbs.contains(value)
            || label == "subresource" && longRunningSubresources.contains(value)
        if isLongRunning {
            return isExcluded ? nil : "no request has the \(label) \(PrintableText.quote(value)): \(apart)"
        }
        let reason =
            switch label {
            case "group": problemWithGroup(value)
            case "resource": problemWithResource(value)
            case "subresource": problemWithSubresource(value)
            default: problemWithWord(label, value)
            }
        return reason.map { "\(PrintableText.quote(label)) is never \(PrintableText.quote(value)); \($0)" }
    }

    private static func problemWithWord(_ label: String, _ value: String) -> String? {
        guard let known = all(of: label), !known.contains(value) else { return nil }
        if label == "verb", value.lowercased() == "apply" { return "a server-side apply is a \"patch\"" }
        return Suggestion.nearest(to: value, among: known).map { "did you mean \(PrintableText.quote($0))?" }
            ?? "it is one of \(known.map { PrintableText.quote($0) }.joined(separator: ", "))"
    }

    private static func problemWithGroup(_ value: String) -> String? {
        if value == "core" || value == "v1" { return "the core group has the empty name: group: \"\"" }
        if let slash = value.firstIndex(of: "/") {
            if value[..<slash] == "core" { return problemWithGroup("core") }
            return "a group is written without its version: group: \(PrintableText.quote(String(value[..<slash])))"
        }
        return problemWithCase(value)
    }

    private static func problemWithResource(_ value: String) -> String? {
        if let slash = value.firstIndex(of: "/") {
            let (resource, subresource) = (String(value[..<slash]), String(value[value.index(after: slash)...]))
            return "resource and subresource are separate labels: resource: \(PrintableText.quote(resource)), "
                + "subresource: \(PrintableText.quote(subresource))"
        }
        if let dot = value.firstIndex(of: ".") {
            let (resource, group) = (String(value[..<dot]), String(value[value.index(after: dot)...]))
            return "resource and group are separate labels: resource: \(PrintableText.quote(resource)), "
                + "group: \(PrintableText.quote(group))"
        }
        return problemWithCase(value)
    }

    private static func problemWithSubresource(_ value: String) -> String? {
        guard let slash = value.lastIndex(of: "/") else { return problemWithCase(value) }
        return "write \(PrintableText.quote(String(value[value.index(after: slash)...])))"
    }

    /// Names in Kubernetes are lower case, and resources are plural: `Pod` is a kind.
    private static func problemWithCase(_ value: String) -> String? {
        if value.lowercased() != value { return "names in requests are lower case, as in \"pods\"" }
        if value.unicodeScalars.allSatisfy(nameAlphabet.contains) { return nil }
        let hint = value.contains("*") ? "; a pattern begins with =~, as in \"=~ pod.*\"" : ""
        return "names in requests are made of a-z, 0-9, - and .\(hint)"
    }

    private static let nameAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789-._".unicodeScalars.map { $0 }

    /// The characters that a label's values can contain; nil for any.
    static func alphabet(of label: String) -> [Unicode.Scalar]? {
        ["group", "resource", "subresource"].contains(label) ? nameAlphabet : nil
    }

    /// Why a value is unlikely for a label that can have any value; nil if it isn't.
    static func doubt(of label: String, value: String) -> String? {
        guard ["service", "operation"].contains(label) else { return nil }
        let cited = "\(PrintableText.quote(label)) is unlikely to be \(PrintableText.quote(value)):"
        if value.first?.isWhitespace == true || value.last?.isWhitespace == true {
            return "\(cited) it begins or ends with white space"
        }
        if value.unicodeScalars.contains(where: PrintableText.isUnsafe) {
            return "\(cited) it contains a control character"
        }
        if let sign = ["=", "~"].first(where: { value.hasPrefix($0) }) {
            return "\(cited) write an exact value without \(PrintableText.quote(sign)) before it"
        }
        if label == "service", value.contains("*") { return "\(cited) a pattern begins with =~, as in \"=~ kube-.*\"" }
        return nil
    }

    // MARK: Combinations of labels

    /// The scopes that requests with a verb can have.
    private static func scopes(of verb: String) -> [String] {
        switch verb {
        case "get": ["resource", ""]
        case "list": ["resource", "namespace", "cluster"]
        case "create": ["resource"]
        case "deletecollection": ["namespace", "cluster"]
        // Only requests for non-resource paths keep the HTTP method as their verb.
        case "post", "put", "head", "options", "trace": [""]
        default: ["resource", "namespace", "cluster", ""]
        }
    }

    /// Why no request has all the labels that the matchers accept, and which label to report; nil if some request can.
    static func problemWithCombination(_ matchers: [Selector.Match]) -> (label: String, message: String)? {
        func accepts(_ label: String, _ value: String) -> Bool {
            matchers.allSatisfy { $0.label != label || $0.matcher.accepts(value) }
        }
        let verbs = (all(of: "verb") ?? []).filter { accepts("verb", $0) }
        let scopes = (all(of: "scope") ?? []).filter { accepts("scope", $0) }
        // A matcher that accepts nothing by itself is reported elsewhere.
        guard !verbs.isEmpty, !scopes.isEmpty else { return nil }
        let possible = Set(verbs.flatMap(Self.scopes))
        guard scopes.contains(where: possible.contains) else {
            let listing = possible.sorted(by: >).map { PrintableText.quote($0) }.joined(separator: " or ")
            let hint = verbs == ["get"] ? "; a read of many objects is a list" : ""
            return (
                "scope",
                "there is no such request: with the verb \(verbs.joined(separator: ", ")) the scope is \(listing)\(hint)"
            )
        }
        // A request for a path that names no resource has none of these labels.
        let named = ["resource", "group", "subresource"].first { !accepts($0, "") }
        let isOfPaths = scopes.contains { $0.isEmpty && possible.contains($0) }
        let isOfResources = scopes.contains { !$0.isEmpty && possible.contains($0) }
        let hasResource = !matchers.contains { $0.label == "resource" && $0.matcher == .equal("") }
        if isOfPaths && named == nil || isOfResources && hasResource { return nil }
        guard hasResource, let named else {
            return (
                named ?? "resource",
                "there is no such request: if the resource is empty, the \(named ?? "scope") is empty too"
            )
        }
        let kind = scopes == [""] ? "the scope is empty" : "the verb is \(verbs.joined(separator: " or "))"
        let hint = verbs.count == 1 ? verbOfResources(verbs[0]).map { "; for resources the verb is \($0)" } ?? "" : ""
        return (
            named, "there is no such request: if \(kind), the path names no resource and \(named) is empty\(hint)"
        )
    }

    private static func verbOfResources(_ method: String) -> String? {
        ["post": "create", "put": "update", "head": "get"][method]
    }
}

/// Checks label names that users choose.
package enum LabelName {
    /// Whether an entry's key is a valid label name; reports it if not.
    package static func check(_ entry: YAMLNode.Entry, _ diagnostics: inout Diagnostics) -> Bool {
        let isName = isName(entry.key)
        if !isName || entry.key == "alertname" {
            let reason = isName ? "that is the name of the alert" : "use letters, digits and _"
            diagnostics.report(
                entry.keyPosition, "\(PrintableText.quote(entry.key)) can't be the name of a label: \(reason)")
        }
        return isName
    }

    /// Prometheus label names, `[A-Za-z_][A-Za-z0-9_]*`. Not a regular expression: one took a seventh of a replay's
    /// startup.
    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 100 else { return false }
        let isDigitFirst = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
        return !isDigitFirst
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
                default: false
                }
            }
    }
}
