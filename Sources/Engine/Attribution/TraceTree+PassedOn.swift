// Requests that one API server passed on to another: the aggregated API server answers, and both write a SERVER span.
extension TraceTree {
    /// Marks the SERVER spans that belong to a request above them and aren't requests of their own, with their
    /// authentications.
    mutating func markPassedOn(_ spans: Span<TraceSpan>, _ mappings: [ComponentMapping]) {
        for index in 0..<spans.count where spans[index].request > 0 {
            guard let top = topOfPassedOn(index, spans, mappings) else { continue }
            links[index].isPassedOn = true
            links[top].isPassedOn = true
            hasPassedOn = true
        }
    }

    /// The span right below the call that passed a request on: the request's, or its authentication's. nil unless it lies
    /// below a call of the same request, with no webhook in between. All of these last while it does: links
    /// between spans that don't overlap aren't followed.
    private func topOfPassedOn(_ request: Int, _ spans: Span<TraceSpan>, _ mappings: [ComponentMapping]) -> Int? {
        let own = spans[request]
        var top = request
        var above = Int(links[request].parent)
        if above >= 0, mappings[Int(spans[above].operation)].target == .component(.authentication) {
            top = above
            above = Int(links[above].parent)
        }
        guard above >= 0, mappings[Int(spans[above].operation)].passesOn else { return nil }
        for _ in 0..<Self.depthMax {
            guard above >= 0, spans[above].start < own.end, spans[above].end > own.start else { return nil }
            if spans[above].request > 0 { return spans[above].request == own.request ? top : nil }
            if mappings[Int(spans[above].operation)].isWebhook { return nil }
            above = Int(links[above].parent)
        }
        return nil
    }
}

extension ComponentMapping {
    /// Whether it may be the call that passes a request on.
    fileprivate var passesOn: Bool { target == .webhookAbove(else: .proxy) || target == .component(.proxy) }

    fileprivate var isWebhook: Bool {
        if case .component(let component) = target { component.isWebhook } else { false }
    }
}
