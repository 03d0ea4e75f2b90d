import Testing

/// A rule file with one fault and the start of what is said about it.
struct FaultyRuleFile: CustomTestStringConvertible {
    let fault: String
    let text: String
    let expected: String

    init(_ fault: String, _ text: String, _ expected: String) {
        self.fault = fault
        self.text = text
        self.expected = expected
    }

    /// A file whose third rule line and those after it are given; `rules.yaml:5:9` is the first of them.
    init(_ fault: String, rule lines: [String], _ expected: String) {
        self.init(fault, RuleText.group(lines), expected)
    }

    var testDescription: String { fault }
}

extension FaultyRuleFile {
    private static let ok = ["alert: A", "select: {service: etcd}", "when: p99 > 1s", "over: 1m"]

    private static func with(_ replaced: String) -> [String] {
        let field = replaced.prefix { $0 != ":" }
        return ok.map { $0.hasPrefix("\(field):") ? replaced : $0 }
            + (ok.contains { $0.hasPrefix("\(field):") } ? [] : [replaced])
    }

    private static func without(_ field: String) -> [String] { ok.filter { !$0.hasPrefix("\(field):") } }

    /// The rule's fields are on lines 5 (alert), 6 (select), 7 (when), 8 (over) and 9, from column 9 on.
    static let all: [FaultyRuleFile] = files + structure + conditions + selections + templates + sinks

    static let files = [
        FaultyRuleFile("empty", "", "rules.yaml:1:1: the file is empty"),
        FaultyRuleFile("only a comment", "# none\n", "rules.yaml:1:1: the file is empty"),
        FaultyRuleFile(
            "byte order mark", "\u{FEFF}groups: []\n",
            "rules.yaml:1:1: the file starts with a byte order mark"),
        FaultyRuleFile(
            "tab", "groups:\n\t- name: g\n",
            "rules.yaml:2:1: a tab before \"- name: g\"; YAML is indented by spaces"),
        FaultyRuleFile(
            "tab after spaces", "groups:\n  - name: g\n  \trules: []\n",
            "rules.yaml:3:3: a tab before \"rules: []\""),
        FaultyRuleFile(
            "open quote", "groups:\n  - name: \"g\n", "rules.yaml:3:1: the file ends within a quoted text"),
        FaultyRuleFile(
            "colon in plain text", "groups:\n  - name: a: b\n    rules: []\n",
            "rules.yaml:2:12: unexpected \":\"; quote text that contains \": \", and check the indentation; "
                + "near \"- name: a: b\""),
        FaultyRuleFile(
            "wrong indentation", "groups:\n  - name: g\n   rules: []\n",
            "rules.yaml:3:4: this line doesn't belong"),
        FaultyRuleFile(
            "control character", "groups:\n  - name: a\u{1}b\n", "rules.yaml:2:12: a control character"),
        FaultyRuleFile("anchor", "groups: &a []\n", "rules.yaml:1:9: anchors (\"&\") are not accepted"),
        FaultyRuleFile("alias", "groups: *a\n", "rules.yaml:1:9: aliases (\"*\") are not accepted"),
        FaultyRuleFile("tag", "groups: !list []\n", "rules.yaml:1:9: tags (\"!\") are not accepted"),
        FaultyRuleFile(
            "second document", "groups: []\n---\ngroups: []\n", "rules.yaml:2:1: a second document (\"---\")"),
        FaultyRuleFile(
            "deep nesting", "groups: " + String(repeating: "[", count: 200), "rules.yaml:1:40: nested more"),
        FaultyRuleFile(
            "a list at the top", "- a\n", "rules.yaml:1:1: a rule file is a mapping (groups, sinks)"),
        FaultyRuleFile(
            "plain text", "hello\n",
            "rules.yaml:1:1: a rule file is a mapping (groups, sinks), but found \"hello\""),
    ]

    static let structure = [
        FaultyRuleFile(
            "unknown top field", "groups: []\ngroup: []\n",
            "rules.yaml:2:1: unknown field \"group\" in a rule file; did you mean \"groups\"?"),
        FaultyRuleFile("groups empty", "groups:\n", "rules.yaml:1:1: \"groups\" of a rule file is empty"),
        FaultyRuleFile(
            "groups a mapping", "groups: {a: b}\n", "rules.yaml:1:9: groups is a list, but found a mapping"),
        FaultyRuleFile(
            "group without name", "groups:\n  - rules: []\n",
            "rules.yaml:2:5: a group needs the field \"name\""),
        FaultyRuleFile(
            "group without rules", "groups:\n  - name: g\n",
            "rules.yaml:2:5: a group needs the field \"rules\""),
        FaultyRuleFile(
            "group named twice", "groups:\n  - {name: g, rules: []}\n  - {name: g, rules: []}\n",
            "rules.yaml:3:5: a second group \"g\"; the first is on line 2"),
        FaultyRuleFile(
            "interval without unit", "groups:\n  - {name: g, interval: 15, rules: []}\n",
            "rules.yaml:2:25: interval is a duration such as 30s, 5m or 1h30m, but found \"15\""),
        FaultyRuleFile(
            "interval of nothing", "groups:\n  - {name: g, interval: 0s, rules: []}\n",
            "rules.yaml:2:25: interval is from 100ms to 1d, but found \"0s\""),
        FaultyRuleFile(
            "unknown field", rule: with("whn: p99 > 1s"),
            "rules.yaml:9:9: unknown field \"whn\" in a rule; did you mean \"when\"?"),
        FaultyRuleFile(
            "unknown field like none", rule: with("banana: 1"),
            "rules.yaml:9:9: unknown field \"banana\" in a rule; known here: alert, select, when, over, by, for"
        ),
        FaultyRuleFile(
            "duplicate field", rule: ok + ["over: 2m"],
            "rules.yaml:9:9: duplicate key \"over\"; it is already on line 8"),
        FaultyRuleFile(
            "match", rule: with("match: {verb: create}"),
            "rules.yaml:9:9: field \"match\" in a rule; rules over single spans are not available yet"),
        FaultyRuleFile(
            "expr", rule: with("expr: up"), "rules.yaml:9:9: field \"expr\" in a rule; the condition is"),
        FaultyRuleFile(
            "no alert", rule: without("alert"), "rules.yaml:5:9: a rule needs the field \"alert\""),
        FaultyRuleFile(
            "no select", rule: without("select"), "rules.yaml:5:9: a rule needs the field \"select\""),
        FaultyRuleFile("no when", rule: without("when"), "rules.yaml:5:9: a rule needs the field \"when\""),
        FaultyRuleFile("no over", rule: without("over"), "rules.yaml:5:9: a rule needs the field \"over\""),
        FaultyRuleFile("when empty", rule: with("when:"), "rules.yaml:7:9: \"when\" of a rule is empty"),
        FaultyRuleFile(
            "when a list", rule: with("when: [p99]"), "rules.yaml:7:15: when is text, but found a list"),
        FaultyRuleFile(
            "over in words", rule: with("over: five minutes"), "rules.yaml:8:15: over is a duration"),
        FaultyRuleFile("over nothing", rule: with("over: 0s"), "rules.yaml:8:15: over is longer than 0s"),
        FaultyRuleFile(
            "over too long", rule: with("over: 3h"),
            "rules.yaml:8:15: over 3h reaches beyond the history of 2h that is kept"),
        FaultyRuleFile("for negative", rule: with("for: -1m"), "rules.yaml:9:14: for is a duration"),
        FaultyRuleFile(
            "keep_firing_for a list", rule: with("keep_firing_for: []"),
            "rules.yaml:9:26: keep_firing_for is a duration such as 30s, 5m or 1h30m, but found a list"),
        FaultyRuleFile("labels a list", rule: with("labels: [a]"), "rules.yaml:9:17: labels is a mapping"),
        FaultyRuleFile(
            "label name", rule: with("labels: {a-b: c}"), "rules.yaml:9:18: \"a-b\" can't be a label's name"),
        FaultyRuleFile(
            "label alertname", rule: with("labels: {alertname: c}"),
            "rules.yaml:9:18: \"alertname\" can't be a label's name: it is the alert's own"),
        FaultyRuleFile(
            "label template", rule: with("labels: {a: \"{{ $value }}\"}"),
            "rules.yaml:9:21: labels are plain text; templates stand in annotations"),
        FaultyRuleFile(
            "alert of two lines", rule: with("alert: \"a\\nb\""),
            "rules.yaml:5:16: the name of an alert is one line of at most 200 characters, but found \"a\\nb\""
        ),
    ]

    static let conditions = [
        FaultyRuleFile(
            "latency against percentage", rule: with("when: p99 > 5%"),
            "rules.yaml:7:21: can't compare a time (p99) and a ratio (5%); write a time here, as in 150ms"),
        FaultyRuleFile(
            "latency against number", rule: with("when: p99 > 150"),
            "rules.yaml:7:21: can't compare a time (p99) and a plain number (150); write a time here, as in 150ms"
        ),
        FaultyRuleFile(
            "count against percentage", rule: with("when: count > 5%"),
            "rules.yaml:7:23: can't compare a count (count) and a ratio (5%); write a count here, as in 50"),
        FaultyRuleFile(
            "percentage first", rule: with("when: 5% < rate"),
            "rules.yaml:7:15: can't compare a ratio (5%) and a rate (rate); write a rate here, as in 50/s"),
        FaultyRuleFile(
            "two values that don't compare", rule: with("when: p99 > errors"),
            "rules.yaml:7:19: can't compare a time (p99) and a count (errors)"),
        FaultyRuleFile(
            "sum of unlike values", rule: with("when: p99 + rate > 1s"),
            "rules.yaml:7:19: can't add up a time (p99)"),
        FaultyRuleFile(
            "time squared", rule: with("when: p99 * p99 > 1s"),
            "rules.yaml:7:19: a time * a time has no unit a rule could use"),
        FaultyRuleFile(
            "no comparison", rule: with("when: p99"),
            "rules.yaml:7:15: a condition compares, but this is a time; write for example p99 > 150ms"),
        FaultyRuleFile(
            "and of a value", rule: with("when: p99 > 1s and errors"),
            "rules.yaml:7:28: \"and\" takes comparisons, but \"errors\" is a count; write for example errors > 50"
        ),
        FaultyRuleFile(
            "comparison of comparisons", rule: with("when: (p99 > 1s) > 1"),
            "rules.yaml:7:26: \">\" takes numbers"),
        FaultyRuleFile(
            "unknown value", rule: with("when: p99 > 1s and cuont > 5"),
            "rules.yaml:7:28: unknown value \"cuont\"; did you mean \"count\"?"),
        FaultyRuleFile(
            "a share of spans", rule: with("when: p99 > 1s and share(etcd) > 60%"),
            "rules.yaml:7:28: share(etcd) is of requests: select them by verb"),
        FaultyRuleFile(
            "in double quotes behind escapes", rule: with("when: \"p99\\u0020>\\t1s and cuont > 5\""),
            "rules.yaml:7:35: unknown value \"cuont\""),
        FaultyRuleFile(
            "in a literal block", rule: with("when: |\n          p99 > 1s\n            and cuont > 5"),
            "rules.yaml:9:17: unknown value \"cuont\""),
        FaultyRuleFile(
            "in a folded block", rule: with("when: >\n          p99 > 1s\n          and cuont > 5"),
            "rules.yaml:7:15: unknown value \"cuont\""),
        FaultyRuleFile(
            "offset beyond the history", rule: with("when: p99 > 3 * p99 offset 2h"),
            "rules.yaml:7:25: p99 offset 2h over 1m reaches beyond the history of 2h that is kept"),
        FaultyRuleFile(
            "offset beyond the window by half a minute",
            rule: ["alert: A", "select: {service: etcd}", "when: p99 > 3 * p99 offset 1h", "over: 90s"],
            "rules.yaml:7:25: p99 offset 1h over 1m30s reaches beyond the window of 1h, where time is kept by the minute"
        ),
    ]

    static let selections = [
        FaultyRuleFile(
            "select empty", rule: with("select: {}"),
            "rules.yaml:6:17: select names at least one label; spans have"),
        FaultyRuleFile(
            "select text", rule: with("select: etcd"),
            "rules.yaml:6:17: select is a mapping, but found \"etcd\""),
        FaultyRuleFile(
            "unknown label", rule: with("select: {servce: etcd}"),
            "rules.yaml:6:18: unknown label \"servce\" in select; did you mean \"service\"?"),
        FaultyRuleFile(
            "mixed labels", rule: with("select: {service: etcd, verb: list}"),
            "rules.yaml:6:33: \"verb\" is a label of requests, but the rule is over spans"),
        FaultyRuleFile(
            "mixed labels in by", rule: with("by: [verb]"),
            "rules.yaml:9:14: \"verb\" is a label of requests, but the rule is over spans"),
        FaultyRuleFile(
            "by text", rule: with("by: service"), "rules.yaml:9:13: by is a list, but found \"service\""),
        FaultyRuleFile(
            "by twice", rule: with("by: [kind, kind]"), "rules.yaml:9:20: \"kind\" stands in by already"),
        FaultyRuleFile(
            "invalid pattern", rule: with("select: {operation: \"=~ a(b\"}"),
            "rules.yaml:6:34: the regular expression \"a(b\" is invalid: \"(\" without \")\""),
        FaultyRuleFile(
            "in single quotes behind a quote", rule: with("select: {operation: '=~ a''b(c'}"),
            "rules.yaml:6:37: the regular expression \"a'b(c\" is invalid: \"(\" without \")\""),
        FaultyRuleFile(
            "kind in lower case", rule: with("select: {kind: client}"),
            "rules.yaml:6:24: \"kind\" is never \"client\"; did you mean \"CLIENT\"?"),
        FaultyRuleFile(
            "verb in upper case", rule: with("select: {verb: LIST}"),
            "rules.yaml:6:24: \"verb\" is never \"LIST\"; did you mean \"list\"?"),
        FaultyRuleFile(
            "scope", rule: with("select: {scope: galaxy}"),
            "rules.yaml:6:25: \"scope\" is never \"galaxy\"; it is one"),
        FaultyRuleFile(
            "value a list", rule: with("select: {service: [a]}"),
            "rules.yaml:6:27: \"service\" is text, or =~, !~ or !="),
    ]

    static let templates = [
        FaultyRuleFile(
            "label an alert lacks", rule: with("annotations: {summary: \"{{ $labels.operation }}\"}"),
            "rules.yaml:9:44: alerts of this rule have no label \"operation\"; known here: alertname, service"
        ),
        FaultyRuleFile(
            "unknown filter", rule: with("annotations: {summary: \"x {{ $value | humanise }}\"}"),
            "rules.yaml:9:47: unknown filter \"humanise\"; did you mean \"humanize\"?"),
        FaultyRuleFile(
            "filter for another value",
            rule: with("annotations: {summary: \"{{ $value | humanizePercentage }}\"}"),
            "rules.yaml:9:45: $value is a time here; use humanizeDuration"),
        FaultyRuleFile(
            "open template", rule: with("annotations: {summary: \"a {{ $value\"}"),
            "rules.yaml:9:35: \"{{\" without \"}}\""),
        FaultyRuleFile(
            "unknown name", rule: with("annotations: {summary: \"{{ $valeu }}\"}"),
            "rules.yaml:9:36: unknown \"$valeu\" in a template; known are $labels.NAME, $value and $culprit"),
        FaultyRuleFile(
            "annotation a list", rule: with("annotations: {summary: []}"),
            "rules.yaml:9:32: the annotation summary is text, but found a list"),
    ]

    static let sinks = [
        FaultyRuleFile(
            "alertmanager", "sinks:\n  - alertmanager: {url: \"http://a\"}\n",
            "rules.yaml:2:5: field \"alertmanager\" in a sink; this sink is not available yet"),
        FaultyRuleFile(
            "unknown sink", "sinks:\n  - pager: {}\n",
            "rules.yaml:2:5: unknown field \"pager\" in a sink; known here: stdout, webhook"),
        FaultyRuleFile("sink of nothing", "sinks:\n  - {}\n", "rules.yaml:2:5: a sink is stdout or webhook"),
        FaultyRuleFile(
            "two sinks in one", "sinks:\n  - stdout:\n    webhook: {url: \"http://a\"}\n",
            "rules.yaml:3:5: one sink has one kind"),
        FaultyRuleFile(
            "unknown format", "sinks:\n  - stdout: {format: xml}\n",
            "rules.yaml:2:22: format is text or json, but found \"xml\""),
        FaultyRuleFile(
            "webhook without url", "sinks:\n  - webhook: {headers_file: h}\n",
            "rules.yaml:2:14: a webhook needs the field \"url\""),
        FaultyRuleFile(
            "webhook of another scheme", "sinks:\n  - webhook: {url: \"ftp://user:secret@a\"}\n",
            "rules.yaml:2:20: url is a URL such as http://127.0.0.1:9093/hook"),
    ]
}
