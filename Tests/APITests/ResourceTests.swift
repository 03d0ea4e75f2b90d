import Testing

@testable import API

@Suite struct `resources` {
    @Test func `are told apart by path and method`() {
        let routes = Resource.all.map { "\($0.method) \($0.shownPath)" }
        #expect(Set(routes).count == routes.count)
        for resource in Resource.all {
            let concrete = resource.shownPath
            #expect(
                Resource.all.filter { "\($0.method)" == "\(resource.method)" && $0.matches(concrete) }
                    .map(\.shownPath)
                    == [concrete])
        }
    }

    @Test func `check every parameter that stands in their path`() {
        // Jaeger's read theirs themselves, since they ignore unknown ones.
        let own = Resource.jaeger.map(\.path)
        for resource in Resource.all where !own.contains(resource.path) {
            let names = (resource.parameters ?? []).map(\.name)
            #expect(Set(names).isSuperset(of: resource.variables), "\(resource.path)")
            #expect(Set(names).count == names.count, "\(resource.path)")
        }
    }

    @Test(arguments: [
        ("/api/v1/traces/1", true), ("/api/v1/traces/", false), ("/api/v1/traces", false), ("/api/v1/traces/1/", false),
        ("/api/v1/tracesx/1", false), ("", false),
    ])
    func `match paths with as many components`(path: String, matches: Bool) {
        #expect(Resource.trace.matches(path) == matches)
    }
}
