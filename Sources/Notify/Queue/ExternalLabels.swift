package import Rules

extension Alert {
    /// The alert with labels that tell where it comes from; those it has itself stay. One without a value is none.
    package func adding(externalLabels: [String: String]) -> Alert {
        guard !externalLabels.isEmpty else { return self }
        var alert = self
        alert.labels.merge(externalLabels.filter { !$0.value.isEmpty }) { own, _ in own }
        return alert
    }
}
