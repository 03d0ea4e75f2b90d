/// Tells Jaeger's JSON, which is no archive, from OTLP's: read as such it would be a request without spans.
package enum JaegerJSON {
    /// Whether JSON begins as what Jaeger's page saves does.
    package static func begins(_ bytes: some Collection<UInt8>) -> Bool {
        let start = bytes.lazy.filter { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }.prefix(7)
        return Array(start) == Array(#"{"data""#.utf8)
    }
}
