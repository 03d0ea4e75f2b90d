import Engine
import Foundation
import OTLP
import TestSupport
import Testing

@Suite struct `OTLP in JSON, both ways` {
    /// A request with every field of OTLP traces.
    private let complete = #"""
        {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"apiserver"}}],"droppedAttributesCount":1,"entityRefs":[{"schemaUrl":"s","type":"service","idKeys":["a","b"],"descriptionKeys":["c"]}]},"scopeSpans":[{"scope":{"name":"otel","version":"1","attributes":[{"key":"k","value":{"boolValue":true}}],"droppedAttributesCount":2},"spans":[{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","traceState":"a=b","parentSpanId":"0807060504030201","name":"Get \"é\" \\ \u0001","kind":2,"startTimeUnixNano":"1767225600000000000","endTimeUnixNano":"1767225600001000000","attributes":[{"key":"i","value":{"intValue":"-7"}},{"key":"d","value":{"doubleValue":1.5}},{"key":"n","value":{"doubleValue":"NaN"}},{"key":"a","value":{"arrayValue":{"values":[{"stringValue":"x"},{"intValue":"1"}]}}},{"key":"l","value":{"kvlistValue":{"values":[{"key":"k","value":{"stringValue":""}}]}}},{"key":"b","value":{"bytesValue":"AAEC/w=="}},{"key":"e","value":{}}],"droppedAttributesCount":3,"events":[{"timeUnixNano":"1767225600000500000","name":"e","attributes":[{"key":"k","value":{"stringValue":"v"}}],"droppedAttributesCount":4}],"droppedEventsCount":5,"links":[{"traceId":"100f0e0d0c0b0a090807060504030201","spanId":"0807060504030201","traceState":"c=d","attributes":[],"droppedAttributesCount":6,"flags":257}],"droppedLinksCount":7,"status":{"message":"bad","code":2},"flags":769}],"schemaUrl":"u"}],"schemaUrl":"v"}]}
        """#

    private func roundTrip(_ json: String) throws -> String {
        let bytes = Array(json.utf8)
        let wire = try unsafe OTLPJSON.wireFormat(of: bytes.span.bytes)
        return String(decoding: try unsafe OTLPJSON.text(of: wire.span.bytes), as: UTF8.self)
    }

    @Test func `keep every field`() throws {
        // An empty list equals no list.
        #expect(try roundTrip(complete) == complete.replacing(#""attributes":[],"#, with: ""))
    }

    @Test func `give the same spans`() throws {
        let bytes = Array(complete.utf8)
        let wire = try unsafe OTLPJSON.wireFormat(of: bytes.span.bytes)
        var spans: [DecodedSpan] = []
        #expect(decode(wire) { spans = DecodedSpan.all($0) } == nil)
        #expect(spans.count == 1)
        #expect(spans.first?.kind == .server)
        #expect(spans.first?.row.flags.isError == true)
    }

    @Test func `keep everything in captures`() throws {
        for record in try Captures.records(Captures.example).prefix(3) {
            let text = try unsafe OTLPJSON.text(of: record.span.bytes)
            let wire = try unsafe OTLPJSON.wireFormat(of: text.span.bytes)
            #expect(try unsafe OTLPJSON.text(of: wire.span.bytes) == text)
            var (before, after): ([DecodedSpan], [DecodedSpan]) = ([], [])
            _ = decode(record) { before = DecodedSpan.all($0) }
            _ = decode(wire) { after = DecodedSpan.all($0) }
            #expect(before == after && !before.isEmpty)
        }
    }

    @Test func `replace invalid UTF-8`() throws {
        let wire = WireSpanExample.request([WireSpanExample { $0.name = [0x61, 0xFF, 0x62] }])
        let text = try unsafe OTLPJSON.text(of: wire.span.bytes)
        #expect(String(decoding: text, as: UTF8.self).contains("\"a\u{FFFD}b\""))
    }

    @Test(arguments: [
        #"{"boolValue":1}"#, #"{"doubleValue":"x"}"#, #"{"bytesValue":"?"}"#, #"{"arrayValue":[]}"#,
        #"{"kvlistValue":{"values":{}}}"#,
    ]) func `refuse values of another type`(value: String) {
        let json =
            #"{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[{"key":"k","value":"# + value + "}]}]}]}]}"
        #expect(throws: DecodeError.self) { try roundTrip(json) }
    }
}
