import NIOHTTP1
import Testing

@testable import Receivers

@Suite struct `The head of an HTTP request` {
    private func head(
        _ target: String, _ fields: [(String, String)], method: HTTPMethod = .GET, version: HTTPVersion = .http1_1
    ) -> HTTPRequestHead {
        HTTPRequestHead(version: version, method: method, uri: target, headers: HTTPHeaders(fields))
    }

    @Test(arguments: [
        "localhost", "LOCALHOST:80", "node-1", "node_1.example.com.", "127.0.0.1:9464", "[::1]", "[::1]:9464",
        "[fe80::1%25eth0]", "localhost:",
    ])
    func `names one host`(_ host: String) {
        var head = head("/metrics", [("Host", host)])
        #expect(HTTPHeadCheck.error(in: &head) == nil)
    }

    @Test(arguments: [
        "", " ", "a b", "user@localhost", "localhost/x", "localhost, evil.example", "[::1", "[]", "[::1]x", "a:b:c",
        "localhost:x", "localhost:65536", ":80", "localhost\u{00E9}",
    ])
    func `is refused if Host is invalid`(_ host: String) {
        var head = head("/metrics", [("Host", host)])
        let fault = HTTPHeadCheck.error(in: &head)
        #expect(fault?.status == .badRequest)
        #expect(fault?.reason == .badHost)
    }

    @Test func `is refused with two hosts, equal or not, whatever the case of their names`() {
        for second in ["localhost", "evil.example"] {
            var head = head("/metrics", [("Host", "localhost"), ("hOST", second)])
            #expect(
                HTTPHeadCheck.error(in: &head)?.message == "the request has 2 Host fields; HTTP requires exactly one")
        }
    }

    @Test func `may leave out the host in HTTP 1_0 alone`() {
        var new = head("/metrics", [])
        #expect(HTTPHeadCheck.error(in: &new)?.reason == .badHost)
        var old = head("/metrics", [], version: .http1_0)
        #expect(HTTPHeadCheck.error(in: &old) == nil)
    }

    @Test(arguments: [
        ("http://localhost/metrics?x=1", "/metrics?x=1"), ("HTTP://LOCALHOST:80", "/"), ("http://localhost?x", "/?x"),
    ])
    func `with a whole address is read as a path and a host`(_ target: String, _ path: String) {
        var head = head(target, [("Host", "localhost")])
        #expect(HTTPHeadCheck.error(in: &head) == nil)
        #expect(head.uri == path)
        #expect(head.headers["host"].map { $0.lowercased().prefix(9) } == ["localhost"])
    }

    @Test func `with a whole address and no Host, as HTTP 1_0 allows, has the address's host`() {
        var head = head("http://evil.example:81/metrics", [], version: .http1_0)
        #expect(HTTPHeadCheck.error(in: &head) == nil)
        #expect(head.headers["host"] == ["evil.example:81"])
    }

    @Test(arguments: [
        "http://evil.example/metrics", "http://localhost:81/metrics", "https://localhost/metrics", "ftp://localhost/",
        "http://", "http:///metrics", "http://user@localhost/metrics", "metrics",
    ])
    func `is refused if its target is invalid or names another host than Host`(_ target: String) {
        var head = head(target, [("Host", "localhost")])
        #expect(HTTPHeadCheck.error(in: &head)?.status == .badRequest)
    }

    @Test func `is refused with another transfer coding than chunked`() {
        for coding in ["gzip, chunked", "identity", "chunked, chunked", "xchunked"] {
            var head = head("/v1/traces", [("Host", "x"), ("Transfer-Encoding", coding)], method: .POST)
            #expect(HTTPHeadCheck.error(in: &head)?.status == .notImplemented, "\(coding)")
        }
        var good = head("/v1/traces", [("Host", "x"), ("Transfer-Encoding", "Chunked")], method: .POST)
        #expect(HTTPHeadCheck.error(in: &good) == nil)
        var old = head("/v1/traces", [("Transfer-Encoding", "chunked")], method: .POST, version: .http1_0)
        #expect(HTTPHeadCheck.error(in: &old)?.status == .badRequest)
    }

    @Test func `is refused if it asks for a tunnel`() {
        var head = head("localhost:443", [("Host", "localhost:443")], method: .CONNECT)
        #expect(HTTPHeadCheck.error(in: &head)?.status == .notImplemented)
    }
}
