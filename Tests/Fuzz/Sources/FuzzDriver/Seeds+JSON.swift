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
        "{}",
    ]
}
