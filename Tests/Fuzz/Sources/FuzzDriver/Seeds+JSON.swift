extension Seeds {
    static let jsonTexts = [
        """
        {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"apiserver"}}]},
        "scopeSpans":[{"scope":{"name":"s"},"spans":[{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":
        "0102030405060708","parentSpanId":"","name":"GET /api/v1/pods","kind":2,"startTimeUnixNano":
        "1767225600000000000","endTimeUnixNano":1767225600001000000,"attributes":[{"key":"http.status_code","value":
        {"intValue":"504"}},{"key":"a","value":{"arrayValue":{"values":[{"boolValue":true}]}}}],"status":{"code":2}}]}]}]}
        """,
        """
        {"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"FF02030405060708090A0B0C0D0E0F10","spanId":
        "ff02030405060708","name":"\\u00e9\\ud83d\\ude00\\n\\"\\\\\\/","kind":1.0,"startTimeUnixNano":1.7672256e18,
        "endTimeUnixNano":"1767225600001000000","events":[{"name":"e"}],"links":[],"status":{},"x":[1,-2.5e3,null]}]}]},
        {"resource":{"attributes":[{"key":"service.name","value":{"intValue":-1}}]}}]}
        """,
        #"{"resourceSpans":null,"x":{"y":[true,false,[{}]]}}"#,
        #"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"xx","spanId":null,"kind":-1},{}]}]}]}"#,
        """
        {"resource_spans":[{"instrumentation_library_spans":[{"instrumentationLibrary":{"name":"s"},"spans":[{"trace_id":
        "0102030405060708090a0b0c0d0e0f10","span_id":"0102030405060708","kind":"SPAN_KIND_SERVER","start_time_unix_nano":1,
        "end_time_unix_nano":"2","attributes":[{"key":"a","value":{"kvlist_value":{"values":[]}}}],"status":{"code":
        "STATUS_CODE_ERROR"}}]}]}]}
        """,
        #"{"x":1}"#,
        "{}",
    ]

    /// Documents in archives that aren't OTLP export requests.
    static let jaegerTexts = [
        """
        {"data":[{"traceID":"1A2b","spans":[{"traceID":"1a2B","spanID":"A","flags":1,"operationName":"GET /cart",
        "references":[{"refType":"CHILD_OF","traceID":"1a2b","spanID":"b"},{"refType":"FOLLOWS_FROM","spanID":"c"}],
        "startTime":1767225600000000,"duration":2500.25,"tags":[{"key":"span.kind","type":"string","value":"server"},
        {"key":"http.status_code","type":"int64","value":"9223372036854775807"},{"key":"error","type":"bool","value":true},
        {"key":"load","type":"float64","value":1},{"key":"raw","type":"binary","value":"AP8="},{"key":"untyped","value":null},
        {"key":"otel.scope.name","type":"string","value":"s"},{"key":"otel.status_description","value":"bad"}],
        "logs":[{"timestamp":1767225600001000,"fields":[{"key":"event","type":"string","value":"retry"}]}],
        "processID":"p1","warnings":null},{"spanID":"b","startTime":1e15,"duration":"7","process":{"serviceName":"db",
        "tags":[]}},{"spanID":"xyz"},5],"processes":{"p1":{"serviceName":"cart","tags":[{"key":"h","value":"h"}]},
        "p2":null}},null],"total":0,"errors":null}
        """,
        #"{"traceID":"1","spans":[{"spanID":"1","startTime":0,"duration":0}],"processes":null}"#,
        #"{"result":{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"AQEBAQEBAQEBAQEBAQEBAQ==","spanId":"AQIDBAUGBwg="}]}]}]}}"#,
        #"{"batches":[{"scopeSpans":[]}],"trace":{"resourceSpans":[]}}"#,
        #"{"resource":{"attributes":[]},"scopeSpans":[{"spans":[]}]}"#,
    ]
}
