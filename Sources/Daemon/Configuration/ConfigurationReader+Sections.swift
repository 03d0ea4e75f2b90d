import API
import Engine
import Pipeline
import Recording
import Rules
import Support
import YAML

extension Configuration {
    /// Reads `attribution`: the settle time, and components for services that Faultline doesn't know.
    mutating func readAttribution(_ node: YAMLNode, in document: YAMLDocument, _ diagnostics: inout Diagnostics) {
        guard let mapping = YAMLMapping(node, "attribution", fields: ["settle", "components"], &diagnostics) else {
            return
        }
        if let settle = mapping["settle"]?.duration("settle", &diagnostics) { attribution.settle = settle }
        let read = (mapping["components"]?.list("components", &diagnostics) ?? []).compactMap {
            ConfiguredComponent($0, in: document, &diagnostics)
        }
        let added = read.map(\.component).filter { !Component.builtinNames.contains($0) }
        let room = ComponentTable.countMax - Component.builtinNames.count
        if Set(added).count > room {
            diagnostics.report(node.start, "at most \(room) components can be added to the built-in ones")
        }
        attribution.components = ComponentTable(added: added) { operation in
            read.first { $0.selector.selects { operation[$0] } }?.component
        }
    }
}

/// A component and the spans that count for it.
private struct ConfiguredComponent {
    let component: String
    let selector: Selector

    init?(_ node: YAMLNode, in document: YAMLDocument, _ diagnostics: inout Diagnostics) {
        guard let mapping = YAMLMapping(node, "a component", fields: ["component", "select"], &diagnostics) else {
            return nil
        }
        let name = mapping.required("component", &diagnostics)?.componentName(&diagnostics)
        let selector = mapping.required("select", &diagnostics).flatMap { node -> Selector? in
            guard let selector = Selector.read(node, in: document, &diagnostics) else { return nil }
            guard selector.population == .spans else {
                diagnostics.report(
                    node.start,
                    "a component consists of spans: select them by \(OperationLabels.names.joined(separator: ", "))")
                return nil
            }
            guard !selector.matches.contains(where: { $0.label == SeriesLabels.instance }) else {
                diagnostics.report(node.start, "a component is the same at every instance: leave out \"instance\"")
                return nil
            }
            return selector
        }
        guard let name, let selector else { return nil }
        component = name
        self.selector = selector
    }
}

extension YAMLNode {
    /// A component's name, as used in `share(name)`.
    fileprivate func componentName(_ diagnostics: inout Diagnostics) -> String? {
        guard let name = string("component", &diagnostics) else { return nil }
        let isName =
            (1...40).contains(name.utf8.count) && name.first?.isLetter == true
            && name.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-") }
        if !isName {
            diagnostics.report(
                start, "a component's name has at most 40 characters of a-z, 0-9 and -, but found \(phrase)")
        }
        return isName ? name : nil
    }
}

extension ServiceNames {
    private static let patternsMax = 100

    /// Reads `services`: the names of services by role. A role that isn't named keeps its usual names.
    mutating func read(_ node: YAMLNode, _ diagnostics: inout Diagnostics) {
        let roles = ServiceRole.allCases.filter { $0 != .other }
        guard let mapping = YAMLMapping(node, "services", fields: roles.map(\.rawValue), &diagnostics) else { return }
        var named: [(text: String, role: ServiceRole, node: YAMLNode)] = []
        for role in roles {
            guard let node = mapping[role.rawValue],
                let elements = node.list(role.rawValue, &diagnostics)
            else { continue }
            if elements.count > Self.patternsMax {
                diagnostics.report(
                    node.start, "at most \(Self.patternsMax) names of services, but found \(elements.count)")
            }
            if elements.isEmpty, role == .apiServer {
                diagnostics.report(
                    node.start,
                    "without a service that is an API server nothing is known about requests: name at least one, as in "
                        + "[kube-apiserver*], or leave \(role.rawValue) out for the usual names")
            }
            let texts = elements.compactMap { element -> String? in
                guard let text = element.string("a name of a service", &diagnostics) else { return nil }
                if text.isEmpty {
                    diagnostics.report(
                        element.start,
                        "the name of a service must be text in which * stands for any, but found an empty one"
                    )
                }
                named.append((text, role, element))
                return text
            }
            set(role, texts)
        }
        // Another pattern that matches a pattern's own text matches all that it does.
        for (text, role, node) in named where !text.isEmpty {
            let first = self.role(of: text)
            guard first != role else { continue }
            diagnostics.report(
                node.start,
                "\(PrintableText.escape(text)) under \(role.rawValue) never counts: each such service is one of "
                    + "\(first.rawValue) already; a service has one role, the first of \(roles.map(\.rawValue).joined(separator: ", "))"
            )
        }
    }
}

extension ConfiguredSampling {
    private static let servicesMax = 100

    /// Reads `sampling`: of a million traces that begin in a service, how many it keeps.
    mutating func read(_ node: YAMLNode, _ diagnostics: inout Diagnostics) {
        let entries = node.entries("sampling", &diagnostics) ?? []
        if entries.count > Self.servicesMax {
            diagnostics.report(node.start, "at most \(Self.servicesMax) services, but found \(entries.count)")
        }
        for entry in entries {
            guard let text = entry.value.string("the sampling of \(entry.key)", &diagnostics) else { continue }
            guard let perMillion = Int(text), 1...1_000_000 ~= perMillion else {
                diagnostics.report(
                    entry.value.start,
                    "the sampling of a service is a number of traces per million, from 1 to 1000000, but found "
                        + entry.value.phrase)
                continue
            }
            add(entry.key, perMillion: perMillion)
        }
    }
}

extension RecordingSettings {
    /// - Returns: the configured directory; nil without one.
    mutating func read(_ node: YAMLNode, _ diagnostics: inout Diagnostics) -> FileReference? {
        let fields = ["directory", "mode", "rotate_bytes", "rotate_after", "retain_bytes", "retain_age"]
        guard let mapping = YAMLMapping(node, "archive", fields: fields, &diagnostics) else { return nil }
        if let path = mapping["directory"]?.directory(&diagnostics) { directory = path }
        if let mode = mapping["mode"]?.choice("mode", of: Mode.self, &diagnostics) { self.mode = mode }
        mapping["rotate_bytes"]?.bytes(
            "rotate_bytes", atLeast: Self.fileBytesLeast, &diagnostics, into: &rotateBytes)
        if let duration = mapping["rotate_after"]?.duration("rotate_after", atLeast: 1_000_000_000, &diagnostics) {
            rotateAfter = duration
        }
        mapping["retain_bytes"]?.bytes(
            "retain_bytes", atLeast: Self.filesRetained * Self.fileBytesLeast, &diagnostics, into: &retainBytes)
        if let node = mapping["rotate_bytes"], mapping["retain_bytes"] != nil, rotateBytes > fileBytesMax {
            diagnostics.warn(
                node.start,
                "rotate_bytes \(ByteSize.text(rotateBytes)): a file is finished at \(ByteSize.text(fileBytesMax)), a "
                    + "quarter of retain_bytes, so that removing one file leaves most of the data")
        }
        if let duration = mapping["retain_age"]?.duration("retain_age", atLeast: 1_000_000_000, &diagnostics) {
            retainAge = duration
        }
        return mapping["directory"].flatMap { node in
            directory.map { FileReference(path: $0, position: node.start) }
        }
    }
}

extension YAMLNode {
    /// The path of a directory; empty paths are reported.
    func directory(_ diagnostics: inout Diagnostics) -> String? {
        guard let path = string("directory", &diagnostics) else { return nil }
        guard !path.isEmpty else {
            diagnostics.report(start, "directory must be a path, but found an empty one; omit the field for none")
            return nil
        }
        return path
    }
}

extension AllowedHosts {
    mutating func readExternalURL(_ node: YAMLNode, _ diagnostics: inout Diagnostics) -> String? {
        guard let text = node.string("external_url", &diagnostics) else { return nil }
        guard !text.contains(where: "?#".contains) else {
            diagnostics.report(
                node.start,
                "external_url must be without a query and a fragment, because links append to it, but found \(node.phrase)"
            )
            return nil
        }
        guard setExternalURL(text) else {
            diagnostics.report(
                node.start,
                "external_url must be an address such as https://faultline.example.com, but found \(node.phrase)"
            )
            return nil
        }
        return text
    }

    mutating func readNames(_ node: YAMLNode, _ diagnostics: inout Diagnostics) {
        for entry in node.list("allowed_hosts", &diagnostics) ?? [] {
            guard let text = entry.string("a host", &diagnostics) else { continue }
            guard add(name: text) else {
                diagnostics.report(
                    entry.start,
                    "a host must be a name such as faultline.example.com, without a port, but found \(entry.phrase)")
                continue
            }
        }
    }
}
