import Testing

@testable import Setup

@Suite struct `Releases` {
    @Test func `are read in each spelling`() {
        for major in [0, 1, 3, 10] {
            for minor in [0, 5, 22, 31, 100] {
                for spelling in ["\(major).\(minor)", "v\(major).\(minor)", "\(major).\(minor)-rc.1"] {
                    #expect(Release(spelling) == Release(major, minor))
                }
                for spelling in [
                    "\(major).\(minor).4", "v\(major).\(minor).4", "v\(major).\(minor).4+rke2r1",
                    "\(major).\(minor).4-0",
                ] {
                    #expect(Release(spelling) == Release(major, minor, patch: 4))
                }
            }
        }
    }

    @Test(arguments: [
        "", "latest", "1", "v1", "1.", ".1", "1.2.", "1.2.x", "1.2.3.4", "1.-2", "1.+2", "1. 2", "1.99999", "١.٢",
        "vv1.2",
    ])
    func `aren't other texts`(text: String) { #expect(Release(text) == nil) }

    @Test func `are compared by numbers, whatever the patch`() {
        #expect(Release(1, 9) < Release(1, 10))
        #expect(Release(1, 99) < Release(2, 0))
        #expect(!(Release(1, 31, patch: 1) < Release(1, 31, patch: 2)))
    }
}

@Suite struct `Endpoints of exporters` {
    @Test(arguments: [
        ("127.0.0.1:4317", "127.0.0.1"), ("[::1]:4317", "::1"),
        ("faultline.monitoring.svc:1", "faultline.monitoring.svc"),
        ("a-b_c:65535", "a-b_c"),
    ]) func `are a host and a port`(text: String, host: String) throws {
        let endpoint = try TracingEndpoint(text)
        #expect(endpoint.host == host)
        #expect(endpoint.description == text)
    }

    @Test(arguments: [
        ("http://a:4317", "has a scheme"), ("a", "has no port"), ("a:", "no port between"), ("a:0", "no port between"),
        ("a:65536", "no port between"), ("a:+1", "no port between"), (":4317", "has no host"),
        ("[]:4317", "other characters"),
        ("::1:4317", "needs brackets"), ("a b:4317", "other characters"), ("a\"b:4317", "other characters"),
        ("é:4317", "other characters"),
    ]) func `are refused with what is wrong and what would be right`(text: String, expected: String) {
        #expect {
            try TracingEndpoint(text)
        } throws: { error in
            "\(error)".contains(expected) && "\(error)".contains("must be HOST:PORT")
        }
    }
}
