import Support

/// As many spans of a trace as an answer has room for. Most traces fit as a whole.
struct TracePortion {
    /// What the API answers about the trace.
    let trace: String
    /// How many spans to leave out, in the order of their starts.
    let offset: Int
    let bytesMax: Int

    /// The answer: with `span_count` and, if more spans follow, `next_offset` unless it is the whole trace. Requests are only in
    /// the first portion.
    ///
    /// - Throws: `AnswerError` if not even one span fits.
    func text() throws -> String {
        if offset == 0, trace.utf8.count <= bytesMax { return trace }
        guard case .object(var fields) = try JSONValue(text: trace), case .array(let spans)? = fields["spans"] else {
            throw DaemonClient.AnswerError(message: "the daemon's answer is not a trace")
        }
        guard offset < spans.count else {
            throw DaemonClient.AnswerError(message: "offset must be less than \(spans.count), the number of spans")
        }
        if offset > 0 { fields["requests"] = nil }
        fields["spans"] = []
        fields["span_count"] = .integer(Int64(spans.count))
        fields["next_offset"] = .integer(Int64(spans.count))
        var room = bytesMax - (try JSONText.encode(JSONValue.object(fields))).utf8.count
        let fitting = try spans[offset...].prefix { span in
            room -= try JSONText.encode(span).utf8.count + 1
            return room >= 0
        }
        guard !fitting.isEmpty else {
            throw DaemonClient.AnswerError(
                message: "span \(offset) of \(spans.count) alone is larger than \(bytesMax) bytes; "
                    + "offset \(offset + 1) leaves it out")
        }
        fields["spans"] = .array(Array(fitting))
        fields["next_offset"] = fitting.endIndex < spans.count ? .integer(Int64(fitting.endIndex)) : nil
        return try JSONText.encode(JSONValue.object(fields))
    }
}
