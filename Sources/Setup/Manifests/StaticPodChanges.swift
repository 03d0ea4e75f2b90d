import YAML

// Changes to a manifest, within its lines and between them, so that everything else stays as it is written.
extension StaticPod {
    /// Sets a flag where the component has it, or adds it.
    mutating func set(_ flag: Setting) throws(SetupError) {
        let whole = "--\(flag.name)=\(flag.value)"
        guard let argument = argument(of: flag.name) else {
            guard let name = environmentName(of: flag.name), variableNode(name) != nil else { return try append(whole) }
            return try add(environment: [Setting(name, flag.value)])
        }
        guard argument.value != flag.value else { return }
        // A flag without a value.
        let isBare = argument.value.isEmpty && argument.prefix.hasPrefix("-") && !argument.prefix.hasSuffix("=")
        let start = argument.prefix.unicodeScalars.count
        try replace(
            start..<(start + argument.value.unicodeScalars.count), of: argument.node,
            with: (isBare ? "=" : "") + flag.value, whole, within: commandLines)
    }

    /// Renames a flag that has another release's name to the one that the component's release knows.
    /// - Returns: whether there was one.
    mutating func rename(_ old: String, to name: String) throws(SetupError) -> Bool {
        var places: [(node: YAMLNode, start: Int, length: Int, new: String)] = command.compactMap { node in
            guard let found = node.text.flatMap({ self.name(in: $0) }), found.name == old else { return nil }
            return (node, found.dashes, found.length - found.dashes, name)
        }
        if let variable = environmentName(of: old), let new = environmentName(of: name),
            let node = variableNode(variable)?["name"]
        {
            places.append((node, 0, variable.count, new))
        }
        for place in places {
            guard renamed[name] != nil || value(of: name) == nil else {
                throw SetupError("\(path): has both --\(old) and --\(name); remove the one that etcd doesn't know")
            }
            try replace(
                place.start..<(place.start + place.length), of: place.node, with: place.new, "--\(name)", within: [])
            renamed[name] = old
        }
        return renamed[name] != nil
    }

    /// Replaces a part of a scalar within its line.
    ///
    /// - Parameters:
    ///   - part: Unicode scalars of its text.
    ///   - nodes: what it is in. In flow style, commas and brackets need quotes.
    private mutating func replace(
        _ part: Range<Int>, of node: YAMLNode, with new: String, _ what: String, within nodes: [YAMLNode]
    ) throws(SetupError) {
        guard case .scalar(let text, let style) = node.kind, node.start.line == node.end.line else {
            throw byHand(what, node.start)
        }
        let quote = style == .plain ? 0 : 1
        let start = node.start.column - 1 + quote
        let end = node.end.column - 1 - quote
        let line = Array(edits.lines[node.start.line - 1].unicodeScalars)
        // Escape sequences make the text differ from what is written.
        guard start <= end, end <= line.count, line[start..<end].elementsEqual(text.unicodeScalars) else {
            throw byHand(what, node.start)
        }
        let index = node.start.line - 1
        let needsQuotes = style == .plain && nodes.contains(where: isFlow) && new.contains(where: ",[]{}".contains)
        if needsQuotes { edits.replace(line: index, start..<start, with: "\"") }
        edits.replace(
            line: index, (start + part.lowerBound)..<(start + part.upperBound), with: new + (needsQuotes ? "\"" : ""))
    }

    /// Adds a feature gate to those that are set.
    mutating func enable(gate: String) throws(SetupError) {
        guard self.gate(gate) != true else { return }
        let others = Self.gates(in: argument(of: "feature-gates")?.value ?? "")
            .filter { Self.gateName($0) != gate }.map(String.init)
        try set(Setting("feature-gates", (others + ["\(gate)=true"]).joined(separator: ",")))
    }

    mutating func add(environment: [Setting]) throws(SetupError) {
        var missing: [YAMLValue] = []
        for setting in environment {
            guard let present = variableNode(setting.name) else {
                missing.append(setting.named)
                continue
            }
            guard let value = present["value"], let text = value.text else {
                throw SetupError(
                    "\(path):\(present.start.line):\(present.start.column): \(setting.name) has no value of its own; "
                        + "it must be \(setting.value)")
            }
            guard text != setting.value else { continue }
            try replace(
                0..<text.unicodeScalars.count, of: value, with: setting.value, setting.name, within: [present])
        }
        try add(missing, to: "env", of: container)
    }

    /// Mounts folders of the host that the container doesn't see, through volumes whose names are free.
    mutating func mount(_ folders: [HostFolder]) throws(SetupError) {
        var mounts: [YAMLValue] = []
        var added: [YAMLValue] = []
        for folder in folders where !shows(folder.path) {
            let present = volumes.first { $0.path == folder.path }?.name
            let named = HostFolder(
                name: present ?? freeName(folder.name), path: folder.path, isFile: folder.isFile)
            mounts.append(named.mount)
            if present == nil { added.append(named.volume) }
        }
        try add(mounts, to: "volumeMounts", of: container)
        try add(added, to: "volumes", of: spec)
    }

    private func freeName(_ wanted: String) -> String {
        let taken = Set(volumes.map(\.name))
        guard taken.contains(wanted) else { return wanted }
        var number = 1
        while taken.contains("faultline-\(wanted)-\(number)") { number += 1 }
        return "faultline-\(wanted)-\(number)"
    }

    /// Adds to the beginning of a list, which may be empty or missing.
    private mutating func add(_ items: [YAMLValue], to field: String, of mapping: YAMLNode) throws(SetupError) {
        guard !items.isEmpty, let entries = mapping.entries else { return }
        let flow = items.map(\.flow).joined(separator: ", ")
        if let present = entries.first(where: { $0.key == field }) {
            let list = present.value
            if let first = list.elements?.first {
                if isFlow(list) { return insert("\(flow), ", at: first.start) }
                guard let indent = indent(of: first) else { throw byHand(field, first.start) }
                return edits.insert(try block(items).map { indent + $0 }, before: first.start.line - 1)
            }
            guard list.isNull || list.elements != nil else { throw byHand(field, list.start) }
            return try fill(present, of: mapping, with: items)
        }
        if isFlow(mapping), let first = entries.first {
            return insert("\"\(field)\": [\(flow)], ", at: first.keyPosition)
        }
        // Before a field that isn't the first, since that may share its line with a dash.
        let anchor = (entries.count > 1 ? entries[1] : entries[0]).keyPosition
        let indent = edits.lines[anchor.line - 1].unicodeScalars.prefix(anchor.column - 1)
        guard indent.allSatisfy({ $0 == " " }) else { throw byHand(field, anchor) }
        edits.insert((["\(field):"] + (try block(items))).map { String(indent) + $0 }, before: anchor.line - 1)
    }

    /// Makes an empty field a list: below its key if nothing but a comment follows there.
    private mutating func fill(
        _ field: YAMLNode.Entry, of mapping: YAMLNode, with items: [YAMLValue]
    ) throws(SetupError) {
        let (key, value) = (field.keyPosition, field.value)
        guard value.start.line == value.end.line else { throw byHand(field.key, value.start) }
        let index = value.start.line - 1
        let line = Array(edits.lines[index].unicodeScalars)
        let range = (value.start.column - 1)..<(value.end.column - 1)
        let rest = line[range.upperBound...].drop { $0 == " " || $0 == "\t" }
        guard !isFlow(mapping), key.line == value.start.line, rest.isEmpty || rest.first == "#" else {
            let needsBlank = range.isEmpty && line[..<range.lowerBound].last != " "
            let flow = "[\(items.map(\.flow).joined(separator: ", "))]"
            return edits.replace(line: index, range, with: needsBlank ? " \(flow)" : flow)
        }
        let blanks = line[..<range.lowerBound].reversed().prefix { $0 == " " || $0 == "\t" }.count
        if !range.isEmpty { edits.replace(line: index, (range.lowerBound - blanks)..<range.upperBound, with: "") }
        let indent = String(repeating: " ", count: key.column - 1)
        edits.insert(try block(items).map { indent + $0 }, before: index + 1)
    }

    /// Adds to the command line, after the last argument.
    private mutating func append(_ argument: String) throws(SetupError) {
        let last = command[command.count - 1]
        if isFlow(commandLine) { return insert(", \(YAMLValue.text(argument).flow)", at: last.end) }
        guard let indent = indent(of: last), last.start.line == last.end.line else {
            throw byHand(argument, last.start)
        }
        edits.insert(try block([.text(argument)]).map { indent + $0 }, before: last.start.line)
    }

    private mutating func insert(_ text: String, at position: SourcePosition) {
        edits.replace(line: position.line - 1, (position.column - 1)..<(position.column - 1), with: text)
    }

    /// Elements of a list, each behind a dash, as lines.
    private func block(_ items: [YAMLValue]) throws(SetupError) -> [String] {
        guard let text = try? YAMLValue.list(items).serialized() else {
            throw SetupError("\(path): what must be added can't be written as YAML")
        }
        return text.split(separator: "\n").map(String.init)
    }

    /// Whether a list or mapping is in brackets.
    private func isFlow(_ node: YAMLNode) -> Bool {
        let line = edits.lines[node.start.line - 1].unicodeScalars.dropFirst(node.start.column - 1)
        return line.first == "[" || line.first == "{"
    }

    /// What is before an element's dash; nil unless it is the only element of its line.
    private func indent(of element: YAMLNode) -> Substring? {
        let line = edits.lines[element.start.line - 1]
        let indent = line.prefix { $0 == " " }
        let dash = line.prefix(element.start.column - 1).dropFirst(indent.count)
        guard dash.first == "-", dash.dropFirst().allSatisfy({ $0 == " " || $0 == "\t" }) else { return nil }
        return indent
    }

    private func byHand(_ what: String, _ position: SourcePosition) -> SetupError {
        SetupError(
            "\(path):\(position.line):\(position.column): \(what) can't be put there, because of the way in which it is "
                + "written; write one element a line, each behind a dash, or add it by hand")
    }
}
