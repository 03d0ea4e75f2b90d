import Engine
import OTLP
import TestSupport
import Testing

@Suite struct `OTLP in JSON` {
    private func spans(_ json: String) throws -> [DecodedSpan] {
        let bytes = Array(json.utf8)
        let wire = try unsafe OTLPJSON.wireFormat(of: bytes.span.bytes)
        var spans: [DecodedSpan] = []
        if let failure = decode(wire, { spans = DecodedSpan.all($0) }) { throw failure }
        return spans
    }

    private func request(_ span: String, service: String = "apiserver") -> String {
        """
        {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"\(service)"}}]},
          "scopeSpans":[{"scope":{"name":"x"},"spans":[\(span)]}]}]}
        """
    }

    private let ids = #""traceId":"01010101010101010101010101010101","spanId":"0102030405060708""#
    private let times = #""startTimeUnixNano":"1767225600000000000","endTimeUnixNano":"1767225600001000000""#

    @Test func `gives the same spans as the wire format does`() throws {
        let json = request(
            """
            {\(ids), \(times), "name":"Get", "kind":2, "flags": 257, "unknown": {"a":[1,{"b":null}]},
             "attributes":[{"key":"http.request.method","value":{"stringValue":"GET"}},
                           {"key":"http.target","value":{"stringValue":"/api/v1/pods"}},
                           {"key":"n","value":{"arrayValue":{"values":[{"intValue":"1"}]}}},
                           {"key":"http.response.status_code","value":{"intValue":"500"}}],
             "events":[{"name":"e","timeUnixNano":"1"}], "status":{}}
            """)
        let wire = WireSpanExample.request([
            WireSpanExample {
                $0.texts = [("http.request.method", "GET"), ("http.target", "/api/v1/pods")]
                $0.integers = [("http.response.status_code", 500)]
            }
        ])
        var expected: [DecodedSpan] = []
        _ = decode(wire) { expected = DecodedSpan.all($0) }
        #expect(try spans(json) == expected)
        #expect(expected[0].row.flags.isError)
    }

    @Test func `takes ids of either case and numbers as numbers or text`() throws {
        let json = request(
            #"{"traceId":"ABCDEFabcdef01010101010101010101","spanId":"0A0b030405060708","name":"x","kind":"#
                + #"3,"startTimeUnixNano":1767225600000000000,"endTimeUnixNano":1767225600001000000}"#)
        let read = try spans(json)
        #expect(read.count == 1)
        #expect(read[0].row.spanID == 0x0A0B_0304_0506_0708)
        #expect(read[0].kind == .client)
        #expect(read[0].row.start == 1_767_225_600_000_000_000)
    }

    @Test func `rejects a span with bad ids alone`() throws {
        let good = "{\(ids), \(times), \"name\":\"a\"}"
        let bad = #"{"traceId":"xyz","spanId":"0102030405060708","# + times + "}"
        #expect(try spans(request("\(good),\(bad)")).count == 1)
    }

    @Test func `resolves escapes, lone surrogates to U+FFFD`() throws {
        let read = try spans(request(#"{\#(ids), \#(times), "name":"a\u00e9\n\ud83d\ude00\ud800x\"\u0000"}"#))
        #expect(read[0].name == Array("aé\n😀\u{FFFD}x\"\0".utf8))
    }

    @Test(arguments: [
        "", "[]", "{", #"{"resourceSpans":[}"#, #"{"resourceSpans":[{]}"#, #"{"a":1} x"#, #"{"a" 1}"#, #"{"a":"b"#,
        #"{"a":"\x"}"#, #"{"a":"\u12"}"#, #"{"resourceSpans":5}"#,
        #"{"resourceSpans":[{"scopeSpans":[{"spans":[{"kind":"SPAN_KIND_SERVANT"}]}]}]}"#,
        #"{"resourceSpans":[{"scopeSpans":[{"spans":[{"kind":99999999999999999999}]}]}]}"#,
        #"{"resourceSpans":[{"scopeSpans":[{"spans":[{"status":{"code":"SPAN_KIND_SERVER"}}]}]}]}"#,
        #"{"kind":"Pod"}"#, #"{"batches":[]}"#, #"{"resourceMetrics":[]}"#,
    ]) func `refuses anything but an export request`(json: String) {
        #expect(throws: DecodeError.self) { try spans(json) }
    }

    @Test(arguments: [101, 100_000]) func `refuses values nested too deep`(depth: Int) {
        let value =
            String(repeating: #"{"arrayValue":{"values":["#, count: depth) + #"{"intValue":"1"}"#
            + String(repeating: "]}}", count: depth)
        let span = "{\(ids), \(times), \"attributes\":[{\"key\":\"k\",\"value\":\(value)}]}"
        #expect(throws: DecodeError.self) { try spans(request(span)) }
    }

    @Test func `takes null for the default of any field`() throws {
        let json = request(#"{\#(ids), \#(times), "name":null, "status":null, "attributes":null, "events":null}"#)
        #expect(try spans(json).map(\.name) == [[]])
        #expect(try spans(#"{"resourceSpans":[{"resource":null,"scopeSpans":null}]}"#).isEmpty)
    }

    @Test func `an empty object is an empty request`() throws {
        #expect(try spans("{}").isEmpty)
    }

    @Test func `takes names in snake case and those of enums`() throws {
        let json = request(
            """
            {\(ids), \(times), "name":"Get", "kind":2, "parentSpanId":"0102030405060709", "status":{"code":2},
             "attributes":[{"key":"http.response.status_code","value":{"intValue":"500"}}]}
            """)
        let snake = json.replacing("resourceSpans", with: "resource_spans").replacing("scopeSpans", with: "scope_spans")
            .replacing("traceId", with: "trace_id").replacing("parentSpanId", with: "parent_span_id")
            .replacing("spanId", with: "span_id").replacing("startTimeUnixNano", with: "start_time_unix_nano")
            .replacing("endTimeUnixNano", with: "end_time_unix_nano").replacing("stringValue", with: "string_value")
            .replacing("intValue", with: "int_value").replacing("\"kind\":2", with: "\"kind\":\"SPAN_KIND_SERVER\"")
            .replacing("\"code\":2", with: "\"code\":\"STATUS_CODE_ERROR\"")
        #expect(!snake.contains("Unix") && !snake.contains("Id"))
        #expect(try spans(snake) == spans(json))
        let old = json.replacing("scopeSpans", with: "instrumentationLibrarySpans")
            .replacing("\"scope\"", with: "\"instrumentationLibrary\"")
        #expect(try spans(old) == spans(json))
    }

    @Test func `says what a request without spans has instead`() {
        let body = Array(#"{"kind":"Pod","apiVersion":"v1"}"#.utf8)
        do {
            _ = try unsafe OTLPJSON.wireFormat(of: body.span.bytes)
            Issue.record("it was taken")
        } catch {
            let description = unsafe error.description(of: body.span.bytes)
            #expect(description.contains(#"its keys are "kind", "apiVersion""#))
            #expect(description.contains("resourceSpans"))
        }
    }

    @Test func `a receiver takes no ids in base64`() throws {
        let span = #"{"traceId":"AQEBAQEBAQEBAQEBAQEBAQ==","spanId":"AQIDBAUGBwg=","# + times + "}"
        #expect(try spans(request(span)).isEmpty)
    }
}
