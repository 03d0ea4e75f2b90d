import Testing

@testable import API

@Suite struct `the parameters of a query` {
    private static let even = QueryParameter("even", "even must be an even number") { text in
        Int(text).map { $0 % 2 == 0 } ?? false
    }
    private static let name = QueryParameter("name", "name must be a name") { !$0.isEmpty }
    private static let resource = Resource(path: "/things/:name", parameters: [name, even]) { _ in
        QueryReply.text("")
    }

    private func fault(_ text: String?, name: String = "a") -> String? {
        do throws(QueryError) {
            _ = try Query(text, variables: ["name": name], of: Self.resource, now: 0)
            return nil
        } catch {
            return error.message
        }
    }

    @Test func `have their values, from the query and from the path`() throws {
        let query = try Query("even=%34", variables: ["name": "b c"], of: Self.resource, now: 0)
        #expect(query[Self.even] == "4" && query[Self.name] == "b c")
        #expect(try Query(nil, variables: ["name": "a"], of: Self.resource, now: 0)[Self.even] == nil)
    }

    @Test func `are refused with what would be right`() {
        #expect(fault("even=3") == "even must be an even number, but found \"3\"")
        #expect(fault(nil, name: "") == "name must be a name, but found \"\"")
        #expect(fault("odd=3") == "unknown parameter \"odd\"; valid: even")
        #expect(fault("name=b") == "unknown parameter \"name\"; valid: even")
        #expect(fault("even=2&even=2") == "the parameter \"even\" is given twice")
        #expect(fault("even=%zz") == "\"even=%zz\" is not percent-encoded UTF-8")
    }

    @Test func `are ignored by resources that take whatever comes`() throws {
        let resource = Resource(path: "/any") { _ in QueryReply.text("") }
        _ = try Query("x=%zz&x", of: resource, now: 0)
    }
}
