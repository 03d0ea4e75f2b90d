/// Makes the sinks that rule files define.
package enum AlertSinks {
    /// Throws the first fault of a file of headers, with the file's name.
    package static func make(_ definitions: [SinkDefinition]) throws(WebhookHeaders.Fault) -> [any AlertSink] {
        var numbers: [String: Int] = [:]
        /// The second of a kind is `webhook-2`: names tell sinks apart in the scrape.
        func name(_ kind: String) -> String {
            let number = numbers[kind, default: 0] + 1
            numbers[kind] = number
            return number == 1 ? kind : "\(kind)-\(number)"
        }
        var sinks: [any AlertSink] = []
        for definition in definitions {
            switch definition {
            case .stdout(let format):
                sinks.append(StdoutSink(name: name("stdout"), format: format))
            case .webhook(let url, let headersFile):
                let headers = try headersFile.map(readHeaders) ?? .none
                sinks.append(WebhookSink(name: name("webhook"), url: url, headers: headers))
            }
        }
        return sinks
    }

    private static func readHeaders(_ path: String) throws(WebhookHeaders.Fault) -> WebhookHeaders {
        let bytes: [UInt8]
        do {
            bytes = try RuleFile.contents(of: path)
        } catch {
            throw WebhookHeaders.Fault(description: error.description)
        }
        do {
            return try WebhookHeaders(String(decoding: bytes, as: UTF8.self))
        } catch {
            throw WebhookHeaders.Fault(description: "\(PrintableText.escape(path)): \(error)")
        }
    }
}
