import Testing

@testable import Rules

struct AnnotationTemplateTests {
    @Test(arguments: [
        ("plain $ {text}", "plain $ {text}"), ("{{ $labels.operation }} is slow", "Range is slow"),
        ("{{$labels.operation}}{{$value}}", "Range0.2125"),
        ("p99 {{ $value | humanizeDuration }}", "p99 212.5ms"), ("p99 {{ $value | duration }}", "p99 212 ms"),
        ("{{ $value|humanize }}", "212.5m"), ("{{ $culprit }} or $culprit", "etcd or etcd"), ("", ""),
        ("}} {", "}} {"),
    ])
    func `a template is filled in`(text: String, expected: String) throws {
        let template = try AnnotationTemplate(text, labels: ["operation"], dimension: .time)
        #expect(template.render(labels: ["operation": "Range"], value: 0.2125, culprit: "etcd") == expected)
    }

    @Test func `unknown values are rendered as such`() throws {
        let template = try AnnotationTemplate(
            "{{ $value | humanize }} by {{ $culprit }}", labels: [], dimension: .time)
        #expect(template.render(labels: [:], value: nil) == "no data by not clear")
    }

    @Test func `all faults of a template are reported at their positions`() {
        let errors = #expect(throws: ConditionErrors.self) {
            try AnnotationTemplate(
                "{{ $labels.x }} {{ $value | a | b }} {{ }} {{ $labels.op | humanize }} {{ $value",
                labels: ["op"],
                dimension: .time)
        }
        #expect(errors?.all.map(\.position) == [11, 28, 30, 40, 59, 71])
    }

    @Test(arguments: [
        (0.0002125, "212.5µs"), (0.2125, "212.5ms"), (4.5, "4.5s"), (59.99, "59.99s"), (125, "2m 5s"),
        (3612, "1h 0m 12s"), (90_061, "1d 1h 1m 1s"), (0, "0s"), (-0.5, "-500ms"), (-125, "-2m 5s"),
        (1e300, "1e+285Ps"),
    ])
    func `durations are formatted for people`(seconds: Double, expected: String) {
        #expect(HumanNumber.duration(seconds: seconds) == expected)
    }

    @Test(arguments: [(1234.5, "1.234k"), (0.0125, "12.5m"), (50, "50"), (2_500_000, "2.5M"), (0, "0")])
    func `numbers are formatted for people`(number: Double, expected: String) {
        #expect(HumanNumber.scaled(number) == expected)
    }

    @Test(arguments: [
        (ValueFilter.duration, 0.0002125, "212 µs"), (.duration, 0.00125, "1.25 ms"), (.duration, 4.5, "4.50 s"),
        (.percentage, 0.12345, "12.3 %"), (.percentage, 0.0004, "0.04 %"), (.percentage, 0, "0"),
    ])
    func `values are written as in other texts of ours`(filter: ValueFilter, value: Double, expected: String) {
        #expect(filter.apply(value) == expected)
    }

    @Test(arguments: [
        (ValueFilter.duration, Dimension.ratio, ValueFilter.percentage), (.percentage, .time, .duration),
        (.duration, .rate, .humanize), (.percentage, .count, .humanize),
        (.humanizeDuration, .ratio, .humanizePercentage),
    ])
    func `a filter for another unit is replaced by one of its own kind`(
        filter: ValueFilter, dimension: Dimension, expected: ValueFilter
    ) {
        #expect(filter.replacement(for: dimension) == expected)
    }

    @Test func `percentages and plain numbers are formatted for people`() {
        #expect(HumanNumber.percentage(0.12345) == "12.35%")
        #expect(HumanNumber.plain(50) == "50")
        #expect(HumanNumber.plain(0.25) == "0.25")
    }
}
