import YAML
import Rules
import TestSupport
import Testing

@testable import RuleTests

@Suite struct `The difference from the expected alerts` {
    private static func difference(_ expected: [ExpectedAlert], _ found: [Alert]) -> RuleTestDifference {
        RuleTestDifference(
            RuleTest.Expectation(position: .start, time: .sinceStart(0), alerts: expected), found)
    }

    private static func expect(
        _ alert: String, _ labels: [String: String]? = nil, _ state: ExpectedState = .firing
    ) -> ExpectedAlert {
        ExpectedAlert(alert: alert, state: state, labels: labels, annotations: [:], culprit: nil)
    }

    @Test func `is empty if every alert is expected, whatever the order`() {
        let found = [Alert.firing("A", ["x": "1"]), .firing("A", ["x": "2"]), .firing("B", [:])]
        let expected = [Self.expect("B"), Self.expect("A", ["x": "2"]), Self.expect("A")]
        #expect(Self.difference(expected, found).isEmpty)
    }

    @Test func `pairs alerts so that a vague expectation leaves the alert that a specific one needs`() {
        let found = [Alert.firing("A", ["x": "1"]), .firing("A", ["x": "2"]), .firing("A", ["x": "3"])]
        let vague = [Self.expect("A"), Self.expect("A"), Self.expect("A", ["x": "1"])]
        #expect(Self.difference(vague, found).isEmpty)
        #expect(Self.difference(vague.reversed(), found).isEmpty)
    }

    @Test func `shows what is missing and what is unexpected`() {
        let lines = Self.difference([Self.expect("A", ["x": "1"])], [.firing("A", ["x": "2"])]).lines
        #expect(lines == ["- A{x=\"1\"} firing", "+ A{x=\"2\"} firing"])
        #expect(Self.difference([Self.expect("A")], []).lines == ["- A{…} firing"])
    }

    @Test func `counts a pending alert only where one is expected`() {
        var pending = Alert.firing("A", [:])
        pending.state = .pending
        #expect(Self.difference([], [pending]).isEmpty)
        #expect(!Self.difference([Self.expect("A", nil, .firing)], [pending]).isEmpty)
        #expect(Self.difference([Self.expect("A", nil, .pending)], [pending]).isEmpty)
    }
}
