import YAML

/// What to add where: YAML documents with comments that say what to do with each.
package struct SetupPlan: Sendable {
    struct Step: Sendable {
        /// What to do, one comment line each.
        var comments: [String]
        var content: YAMLValue?
    }

    var steps: [Step] = []

    mutating func add(_ comments: String..., content: YAMLValue? = nil) {
        steps.append(Step(comments: comments, content: content))
    }

    /// One YAML stream: a document a step, so that people can paste it and programs can read it.
    package func text() throws -> String {
        var text = ""
        for (index, step) in steps.enumerated() {
            if index > 0 { text += "\n" }
            if step.content != nil { text += "---\n" }
            for (line, comment) in step.comments.enumerated() {
                text += comment.isEmpty ? "#\n" : "# \(line == 0 ? "\(index + 1). " : "   ")\(comment)\n"
            }
            if let content = step.content { text += try content.serialized() }
        }
        return text
    }
}
