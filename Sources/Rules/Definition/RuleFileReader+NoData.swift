extension RuleFileReader {
    private enum Word: String, CaseIterable {
        case keep
        case resolve
    }

    /// Reads `no_data` and `no_data_after` of a rule or a group.
    /// - Parameter inherited: what holds where neither is written.
    mutating func readNoData(_ mapping: YAMLMapping, inherited: NoDataPolicy) -> NoDataPolicy {
        let word = mapping["no_data"].flatMap { $0.choice("no_data", of: Word.self, &diagnostics) }
        let after = mapping["no_data_after"].flatMap { $0.duration("no_data_after", &diagnostics) }
        switch (word, after) {
        case (nil, nil): return inherited
        case (.keep?, nil): return .keep
        case (.keep?, _?):
            diagnostics.report(
                mapping.keyPosition("no_data_after"),
                "no_data_after says when an alert ends that \"no_data: keep\" keeps: one of the two is too many")
            return .keep
        case (_, let after?): return .resolve(after: after)
        case (.resolve?, nil):
            if case .resolve = inherited { return inherited }
            return .standard
        }
    }
}
