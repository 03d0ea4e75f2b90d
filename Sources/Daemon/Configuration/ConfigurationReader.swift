import Engine
package import Receivers
import Recording
import RuleFiles
import Rules
import Support
package import YAML

extension Configuration {
    static let fields = [
        "otlp", "listen", "jaeger", "insecure_listen", "window", "traces", "limits", "archive", "state",
        "enable_lifecycle", "evaluation_delay", "attribution", "services", "sampling", "external_labels",
        "external_url", "allowed_hosts", "rules",
    ]

    /// Reads a configuration file. Throws all of its problems.
    init(path: String) throws(Diagnostics) {
        try self.init(try RuleFile.contents(of: path), file: path)
    }

    package init(_ bytes: [UInt8], file: String) throws(Diagnostics) {
        self.init()
        var diagnostics = Diagnostics(file: file)
        guard let document = YAMLDocument(bytes, &diagnostics) else { throw diagnostics }
        positions.file = file
        if let root = document.root, !root.isNull,
            let top = YAMLMapping(root, "a configuration", fields: Self.fields, &diagnostics)
        {
            read(top, in: document, &diagnostics)
        }
        guard diagnostics.isEmpty else { throw diagnostics }
        readingWarnings = diagnostics.warnings
    }

    private mutating func read(
        _ top: YAMLMapping, in document: YAMLDocument, _ diagnostics: inout Diagnostics
    ) {
        top["insecure_listen"]?.flag("insecure_listen", &diagnostics, into: &insecureListen)
        readAddresses(top, &diagnostics)
        if let node = top["window"] { readWindow(node, &diagnostics) }
        if let node = top["traces"] { readTraces(node, &diagnostics) }
        if let node = top["limits"] {
            readLimits(node, &diagnostics)
            checkMemory(at: node.start, &diagnostics)
        }
        if let node = top["archive"] {
            if let directory = recording.read(node, &diagnostics) {
                directories.append(directory)
            } else {
                positions.archiveSettings = node.start
            }
        }
        if let node = top["state"],
            let state = YAMLMapping(node, "state", fields: ["directory"], &diagnostics),
            let node = state.required("directory", &diagnostics),
            let path = node.directory(&diagnostics)
        {
            stateDirectory = path
            directories.append(FileReference(path: path, position: node.start))
        }
        top["enable_lifecycle"]?.flag("enable_lifecycle", &diagnostics, into: &enableLifecycle)
        if let node = top["evaluation_delay"], let delay = node.duration("evaluation_delay", &diagnostics) {
            evaluationDelay = delay
        }
        if let node = top["services"] { window.services.read(node, &diagnostics) }
        if let node = top["sampling"] { window.sampling.read(node, &diagnostics) }
        if let node = top["attribution"] { readAttribution(node, in: document, &diagnostics) }
        for entry in top["external_labels"]?.entries("external_labels", &diagnostics) ?? [] {
            guard LabelName.check(entry, &diagnostics),
                let text = entry.value.string("the label \(entry.key)", &diagnostics)
            else { continue }
            externalLabels[entry.key] = text
        }
        if let node = top["external_url"] { externalURL = hosts.readExternalURL(node, &diagnostics) }
        if let node = top["allowed_hosts"] { hosts.readNames(node, &diagnostics) }
        for node in top["rules"]?.list("rules", &diagnostics) ?? [] {
            if let file = node.string("a rule file", &diagnostics) {
                ruleFiles.append(
                    RuleFileName(Self.ruleFile(file, in: diagnostics.file), location: (diagnostics.file, node.start)))
            }
        }
    }

    /// A rule file as the configuration names it: absolute, or relative to the folder of the configuration.
    private static func ruleFile(_ name: String, in configuration: String) -> String {
        guard !name.hasPrefix("/"), name != RuleSource.builtin, let slash = configuration.lastIndex(of: "/") else {
            return name
        }
        return configuration[...slash] + name
    }

    /// Reads the listen addresses and reports conflicts between them, including those of defaults.
    private mutating func readAddresses(_ top: YAMLMapping, _ diagnostics: inout Diagnostics) {
        let otlp = top["otlp"].flatMap { YAMLMapping($0, "otlp", fields: ["grpc", "http"], &diagnostics) }
        let found = [
            ListenField.grpc: otlp?["grpc"], .http: otlp?["http"], .listen: top["listen"], .jaeger: top["jaeger"],
        ]
        let nodes = found.compactMapValues(\.self)
        for field in ListenField.allCases {
            guard let node = nodes[field] else { continue }
            // Jaeger's is on once it is named, even without an address.
            if field == .jaeger { jaeger = self[.jaeger] }
            readListener(field, node, &diagnostics)
            if let problem = problemWithExposure(field, ListenHost(literal: self[field].host)) {
                diagnostics.report(positions.addresses[field]?.position ?? node.start, problem)
            }
        }
        for conflict in portConflicts {
            // If neither is written in the file, the problem isn't in the file.
            guard let node = nodes[conflict.second] ?? nodes[conflict.first] else { continue }
            diagnostics.report(positions.addresses[conflict.second]?.position ?? node.start, conflict.description)
        }
    }

    private mutating func readWindow(_ node: YAMLNode, _ diagnostics: inout Diagnostics) {
        let fields = [
            "duration", "max_bytes", "max_operations", "max_requests", "max_sources", "history", "history_bytes",
        ]
        guard let mapping = YAMLMapping(node, "window", fields: fields, &diagnostics) else { return }
        if let duration = mapping["duration"]?.duration("duration", atLeast: 1_000_000_000, &diagnostics) {
            window.duration = duration
        }
        mapping["max_bytes"]?.bytes("max_bytes", &diagnostics, into: &window.bytesMax)
        if mapping["max_bytes"] != nil { explicitMemory[.window] = window.bytesMax }
        mapping["max_operations"]?.number("max_operations", in: 1...65_000, &diagnostics, into: &window.operationsMax)
        mapping["max_requests"]?.number("max_requests", in: 1...65_000, &diagnostics, into: &window.requestsMax)
        mapping["max_sources"]?.number("max_sources", in: 1...65_000, &diagnostics, into: &window.sourcesMax)
        if let duration = mapping["history"]?.duration("history", &diagnostics) { window.history.duration = duration }
        mapping["history_bytes"]?.bytes("history_bytes", &diagnostics, into: &window.history.bytesMax)
        if mapping["history_bytes"] != nil { explicitMemory[.history] = window.history.bytesMax }
        positions.memoryPart = (mapping["max_bytes"] ?? mapping["history_bytes"])?.start
        if let node = mapping["history_bytes"], window.history.duration == 0 {
            diagnostics.warn(node.start, "history_bytes has no effect with history: 0s")
        }
    }

    private mutating func readTraces(_ node: YAMLNode, _ diagnostics: inout Diagnostics) {
        guard let mapping = YAMLMapping(node, "traces", fields: ["max_bytes"], &diagnostics),
            let node = mapping["max_bytes"]
        else { return }
        var bytes = 0
        node.bytes("max_bytes", atLeast: 0, &diagnostics, into: &bytes)
        explicitMemory[.traces] = bytes
        positions.memoryPart = positions.memoryPart ?? node.start
    }

    private mutating func readLimits(_ node: YAMLNode, _ diagnostics: inout Diagnostics) {
        let fields = ["memory", "max_request_bytes", "max_bytes_in_flight", "max_connections", "max_streams"]
        guard let mapping = YAMLMapping(node, "limits", fields: fields, &diagnostics) else { return }
        mapping["max_request_bytes"]?.bytes("max_request_bytes", &diagnostics, into: &receivers.bodyBytes)
        receivers.wireBytes = receivers.bodyBytes
        isBodySizeExplicit = mapping["max_request_bytes"] != nil
        mapping["max_bytes_in_flight"]?.bytes("max_bytes_in_flight", &diagnostics, into: &receivers.bytesInFlight)
        if mapping["max_bytes_in_flight"] != nil { explicitMemory[.ingest] = receivers.bytesInFlight }
        positions.memoryPart = positions.memoryPart ?? mapping["max_bytes_in_flight"]?.start
        if let node = mapping["memory"] { readMemory(node, &diagnostics) }
        mapping["max_connections"]?.number(
            "max_connections", in: 1...100_000, &diagnostics, into: &receivers.connections)
        mapping["max_streams"]?.number("max_streams", in: 1...10_000, &diagnostics, into: &receivers.streams)
    }
}

extension Configuration {
    private mutating func readMemory(_ node: YAMLNode, _ diagnostics: inout Diagnostics) {
        var limit = 0
        node.bytes("memory", &diagnostics, into: &limit)
        guard limit > 0 else { return }
        if limit < MemoryBudget.limitMin {
            diagnostics.report(
                node.start, "memory must be at least \(ByteSize.text(MemoryBudget.limitMin)), but found \(node.phrase)")
        }
        memoryLimit = limit
        positions.memory = node.start
    }

    /// Checks that the parts set in the file fit into `limits.memory`.
    private func checkMemory(at position: SourcePosition, _ diagnostics: inout Diagnostics) {
        if let memoryLimit {
            do {
                let budget = try MemoryBudget(limit: memoryLimit, explicit: explicitMemory)
                if isBodySizeExplicit, receivers.bodyBytes > budget[.ingest] {
                    diagnostics.report(
                        position,
                        "max_request_bytes \(ByteSize.text(receivers.bodyBytes)) is more than the "
                            + "\(ByteSize.text(budget[.ingest])) for all requests in flight "
                            + "(max_bytes_in_flight, or its part of memory)")
                }
            } catch {
                diagnostics.report(position, error.description)
            }
        } else if isBodySizeExplicit, let inFlight = explicitMemory[.ingest], receivers.bodyBytes > inFlight {
            diagnostics.report(
                position,
                "max_request_bytes \(ByteSize.text(receivers.bodyBytes)) is more than max_bytes_in_flight "
                    + ByteSize.text(inFlight))
        }
    }
}

extension YAMLNode {
    func bytes(
        _ what: String, atLeast least: Int = 1, _ diagnostics: inout Diagnostics, into bytes: inout Int
    ) {
        guard let text = string(what, &diagnostics) else { return }
        if least == 0, text == "0" {
            bytes = 0
            return
        }
        guard let size = ByteSize.parse(text) else {
            return diagnostics.report(
                start, "\(what) must be a size such as 64MiB or 1GiB, at most 1048576GiB, but found \(phrase)")
        }
        guard size >= least else {
            return diagnostics.report(start, "\(what) must be at least \(ByteSize.text(least)), but found \(phrase)")
        }
        bytes = size
    }

    fileprivate func flag(_ what: String, _ diagnostics: inout Diagnostics, into flag: inout Bool) {
        flag = boolean(what, &diagnostics) ?? flag
    }

    fileprivate func number(
        _ what: String, in range: ClosedRange<Int>, _ diagnostics: inout Diagnostics, into number: inout Int
    ) {
        guard let text = string(what, &diagnostics) else { return }
        guard let value = Int(text), range.contains(value) else {
            return diagnostics.report(
                start, "\(what) must be a number from \(range.lowerBound) to \(range.upperBound), but found \(phrase)")
        }
        number = value
    }
}

extension Configuration {
    /// Whether a file is empty, which is a valid configuration of defaults.
    package static func isEmpty(_ bytes: [UInt8]) -> Bool {
        var diagnostics = Diagnostics(file: "")
        guard let document = YAMLDocument(bytes, &diagnostics), diagnostics.isEmpty else { return false }
        guard let root = document.root, !root.isNull else { return true }
        if case .mapping(let entries) = root.kind { return entries.isEmpty }
        return false
    }

    /// Whether a file is meant as a configuration: it has keys of one. Sinks in it are a mistake, which it can name.
    package static func isConfiguration(_ bytes: [UInt8]) -> Bool {
        var ignored = Diagnostics(file: "")
        guard case .mapping(let entries) = YAMLDocument(bytes, &ignored)?.root?.kind else { return false }
        let keys = Set(entries.map(\.key))
        return !keys.contains("groups") && !keys.isDisjoint(with: fields)
    }
}

extension ListenAddress {
    /// Describes a valid address.
    package static let form =
        "an address is HOST:PORT, such as 127.0.0.1:4317, [::1]:4317 or :4317, with a port from 0 (any free one) to 65535"

    /// Reads `host:port`, `[v6]:port`, or `:port` for all addresses of the machine.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard digits.first != "+", let port = UInt16(digits) else { return nil }
        var host = String(text[..<colon])
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed { host = String(host.dropFirst().dropLast()) }
        guard host.contains(":") == isBracketed, host.isEmpty || ListenHost.isHost(host) else { return nil }
        self.init(host: host.isEmpty ? "0.0.0.0" : host, port: Int(port))
    }
}
