import Engine
import Foundation
import TestSupport
import Testing

@testable import Rules

struct ValueTableTests {
    private static func text(_ path: String) throws -> String {
        String(decoding: try Fixtures.contents(Fixtures.root.appending(path: path)), as: UTF8.self)
    }

    private static func measure(_ definition: ValueDefinition) throws -> Measure {
        let expression = try ConditionParser.parse(definition.example)
        return try #require(expression.values.first).value.measure
    }

    @Test(arguments: ValueTable.all.map(\.name)) func `every value is read as its example says`(name: String) throws {
        let definition = try #require(ValueTable.all.first { $0.name == name })
        let measure = try Self.measure(definition)
        #expect(measure.definition.name == name)
        #expect(measure.name == definition.example)
        #expect(measure.dimension == definition.dimension)
        #expect(try ConditionParser.parse("\(measure.name) offset 1m").description == "\(definition.example) offset 1m")
    }

    @Test func `names are distinct, and values never exceed values of the table`() {
        let names = ValueTable.all.map(\.name)
        #expect(Set(names).count == names.count)
        for definition in ValueTable.all { #expect(definition.neverAbove.isSubset(of: names), "\(definition.name)") }
    }

    @Test func `every value of a window has no data without spans, and seen is 0`() throws {
        for definition in ValueTable.all where !definition.isOfSingleSpan {
            let expression = try ConditionParser.parse("\(definition.example) > 1")
            let inputs = ConditionInputs(of: expression)
            let subject = try #require(expression.values.first)
            let value = EvaluationInputs.empty(inputs)[inputs.resolve(subject.value)]
            #expect(value == (definition.name == "seen" ? NumberInterval(0) : .missing), "\(definition.name)")
        }
    }

    @Test func `the document has the table`() throws {
        #expect(
            try Self.text("docs/rules.md").contains("\n\n\(ValueTable.documentation)\n"),
            "the table in docs/rules.md has to be\n\(ValueTable.documentation)")
    }

    @Test func `the schema demands a window unless a value has its own`() throws {
        let own = try ValueTable.all.filter { try Self.measure($0).traits.over != nil }.map(\.name)
        #expect(
            try Self.text("docs/schema/rules.schema.json").contains(#""pattern": "\#(own.joined(separator: "|"))""#),
            "the condition for \"over\" in docs/schema/rules.schema.json has to name \(own)")
    }
}
